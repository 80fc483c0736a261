#include "lienzo/datasets/world/captions_grammar.h"

namespace lienzo::datasets::world {
namespace {

Adjective same(std::string_view singular, std::string_view plural) {
  return {{singular, singular, plural, plural}};
}
Adjective fixed_spanish(std::string_view text) { return same(text, text); }

void fill_nouns_spanish(Grammar& g) {
  g.nouns = {{
      {{"cubo", "cubos"}, {"caja", "cajas", true}, {"dado", "dados"}, {"bloque", "bloques"}},
      {{"esfera", "esferas", true}, {"bola", "bolas", true}, {"pelota", "pelotas", true}},
      {{"cilindro", "cilindros"}, {"tubo", "tubos"}},
      {{"cono", "conos"}},
      {{"pirámide", "pirámides", true}},
      {{"anillo", "anillos"}, {"aro", "aros"}},
      {{"cartel", "carteles"},
       {"letrero", "letreros"},
       {"señal", "señales", true},
       {"rótulo", "rótulos"}},
  }};
  g.generic_nouns = {{"objeto", "objetos"}, {"cosa", "cosas", true}};
  g.something = "algo";
}

void fill_adjectives_spanish(Grammar& g) {
  g.colours = {{
      {{{"rojo", "roja", "rojos", "rojas"}},
       {{"rojo", "roja", "rojos", "rojas"}},
       {{"rojo", "roja", "rojos", "rojas"}},
       {{"rojo", "roja", "rojos", "rojas"}},
       {{"colorado", "colorada", "colorados", "coloradas"}}},
      {same("verde", "verdes")},
      {same("azul", "azules")},
      {{{"amarillo", "amarilla", "amarillos", "amarillas"}}},
      {same("naranja", "naranjas"),
       {{"anaranjado", "anaranjada", "anaranjados", "anaranjadas"}},
       fixed_spanish("naranja")},
      {{{"morado", "morada", "morados", "moradas"}},
       same("violeta", "violetas"),
       same("lila", "lilas"),
       same("púrpura", "púrpuras"),
       fixed_spanish("violeta")},
      {same("rosa", "rosas"), {{"rosado", "rosada", "rosados", "rosadas"}}, fixed_spanish("rosa")},
      {same("marrón", "marrones"), same("café", "cafés"), fixed_spanish("café")},
      {{{"blanco", "blanca", "blancos", "blancas"}}},
      {same("gris", "grises")},
      {{{"negro", "negra", "negros", "negras"}}},
  }};
  g.colour_prefixes = {"de color", "color"};
  g.materials = {{
      {same("mate", "mates"), fixed_spanish("de acabado mate")},
      {fixed_spanish("de metal"),
       {{"metálico", "metálica", "metálicos", "metálicas"}},
       {{"hecho de metal", "hecha de metal", "hechos de metal", "hechas de metal"}},
       fixed_spanish("de acero")},
      {fixed_spanish("de cristal"),
       fixed_spanish("de vidrio"),
       same("transparente", "transparentes"),
       {{"hecho de vidrio", "hecha de vidrio", "hechos de vidrio", "hechas de vidrio"}}},
  }};
  g.sizes = {{
      {{{"pequeño", "pequeña", "pequeños", "pequeñas"}},
       {{"chico", "chica", "chicos", "chicas"}},
       {{"diminuto", "diminuta", "diminutos", "diminutas"}},
       {{"chiquito", "chiquita", "chiquitos", "chiquitas"}},
       fixed_spanish("de tamaño pequeño")},
      {same("grande", "grandes"),
       same("enorme", "enormes"),
       same("gigante", "gigantes"),
       {{"grandote", "grandota", "grandotes", "grandotas"}},
       fixed_spanish("de gran tamaño")},
  }};
  g.sizes_before = {{
      {{{"pequeño", "pequeña", "pequeños", "pequeñas"}},
       {{"diminuto", "diminuta", "diminutos", "diminutas"}}},
      {same("gran", "grandes"), same("enorme", "enormes")},
  }};
  g.word_frames = {{"que dice", "que dicen"},
                   {"que pone", "que ponen"},
                   {"con la palabra", "con la palabra"},
                   {"con el texto", "con el texto"},
                   {"que diga", "que digan"},
                   {"donde pone", "donde pone"},
                   {"", ""},
                   {"donde dice", "donde dice"},
                   {"con", "con", "escrito", "escrito"}};
}

void fill_relations_spanish(Grammar& g) {
  const Adjective stacked = {{"apilado", "apilada", "apilados", "apiladas"}};
  const Adjective leaning = {{"apoyado", "apoyada", "apoyados", "apoyadas"}};
  const Adjective kept = {{"metido", "metida", "metidos", "metidas"}};
  const Adjective shut = {{"encerrado", "encerrada", "encerrados", "encerradas"}};
  const Texts on = {"encima", "arriba"}, under = {"debajo", "abajo"};
  const Texts left = {"a la izquierda", "a su izquierda", "al lado izquierdo"};
  const Texts right = {"a la derecha", "a su derecha", "al lado derecho"};
  const Texts front = {"delante", "enfrente", "por delante"},
              back = {"detrás", "por detrás", "atrás"};
  const Texts inside = {"dentro", "en su interior", "adentro"};
  const Texts middle = {"en medio", "en el medio", "entre ambos"};
  g.relations = {{
      {{"encima de", "sobre", "arriba de", "en lo alto de", "por encima de"},
       on,
       on,
       {{stacked, "sobre"}, {leaning, "en"}, {leaning, "sobre"}, {stacked, "encima de"}},
       {{"arriba", "abajo"}, {"encima", "debajo"}}},
      {{"debajo de", "bajo", "abajo de", "por debajo de"},
       under,
       under,
       {},
       {{"abajo", "arriba"}, {"debajo", "encima"}}},
      {{"a la izquierda de",
        "al lado izquierdo de",
        "a mano izquierda de",
        "en el lado izquierdo de"},
       left,
       left,
       {},
       {{"a la izquierda", "a la derecha"}}},
      {{"a la derecha de", "al lado derecho de", "a mano derecha de", "en el lado derecho de"},
       right,
       right,
       {},
       {{"a la derecha", "a la izquierda"}}},
      {{"delante de", "enfrente de", "frente a", "por delante de", "adelante de"},
       front,
       front,
       {},
       {{"delante", "detrás"}}},
      {{"detrás de", "tras", "atrás de", "por detrás de"}, back, back, {}, {{"detrás", "delante"}}},
      {{"dentro de", "en el interior de", "adentro de"},
       inside,
       inside,
       {{kept, "en"}, {kept, "dentro de"}, {shut, "en"}},
       {}},
      {{"entre", "en medio de"}, middle, middle, {}, {}},
  }};
  g.placed = {{{"colocado", "colocada", "colocados", "colocadas"}},
              {{"situado", "situada", "situados", "situadas"}},
              {{"puesto", "puesta", "puestos", "puestas"}}};
}

void fill_backgrounds_spanish(Grammar& g) {
  g.backgrounds = {{
      {{"de día",
        "a plena luz del día",
        "durante el día",
        "bajo un cielo despejado",
        "en un día soleado",
        "bajo un cielo azul",
        "con cielo despejado"},
       {"día", "de día", "cielo despejado", "cielo azul"},
       {"es de día"}},
      {{"de noche",
        "por la noche",
        "en la noche",
        "bajo las estrellas",
        "bajo la luna",
        "durante la noche",
        "bajo el cielo nocturno",
        "en la oscuridad",
        "bajo un cielo estrellado"},
       {"noche", "de noche", "cielo nocturno"},
       {"es de noche"}},
      {{"al atardecer",
        "en la puesta de sol",
        "con el atardecer de fondo",
        "durante el atardecer",
        "al anochecer",
        "al ponerse el sol",
        "al caer la tarde"},
       {"atardecer", "puesta de sol"},
       {"está atardeciendo"}},
      {{"en la playa",
        "sobre la arena",
        "en la arena",
        "en el desierto",
        "en una playa",
        "sobre arena"},
       {"playa", "arena", "desierto"},
       {"el suelo es de arena", "al fondo se ve la playa"}},
      {{"en la hierba",
        "sobre la hierba",
        "en el césped",
        "sobre el césped",
        "en el pasto",
        "en un prado",
        "en el campo",
        "sobre el pasto",
        "en un jardín"},
       {"hierba", "césped", "pasto", "prado"},
       {"el suelo es de hierba", "hay hierba en el suelo"}},
      {{"en el agua",
        "sobre el agua",
        "en el mar",
        "en un lago",
        "en el océano",
        "flotando en el agua"},
       {"agua", "mar", "lago", "océano"},
       {"el fondo es el mar", "el suelo es agua"}},
      {{"en la nieve",
        "sobre la nieve",
        "sobre nieve",
        "en un paisaje nevado",
        "en un campo nevado",
        "en invierno"},
       {"nieve", "paisaje nevado"},
       {"el suelo está nevado", "hay nieve en el suelo"}},
      {{"delante de una pared",
        "contra una pared",
        "frente a una pared",
        "con una pared de fondo",
        "delante de un muro",
        "con una pared detrás"},
       {"pared", "pared de fondo", "muro"},
       {"al fondo hay una pared", "el fondo es una pared"}},
      {{"sobre una mesa de madera",
        "en una mesa de madera",
        "sobre una mesa",
        "sobre madera",
        "sobre un suelo de madera",
        "en una mesa",
        "encima de una mesa",
        "encima de una mesa de madera",
        "sobre una tabla de madera"},
       {"mesa de madera", "mesa", "madera", "suelo de madera"},
       {"el suelo es de madera", "el fondo es una mesa de madera"}},
      {{"en un estudio",
        "sobre un fondo liso",
        "con fondo liso",
        "sobre fondo blanco",
        "con un fondo neutro",
        "sobre un fondo blanco liso",
        "en un estudio de fotografía"},
       {"estudio", "fondo liso", "fondo blanco", "fondo blanco liso", "fondo neutro"},
       {"el fondo es liso", "el fondo es neutro"}},
  }};
}

void fill_frames_spanish(Grammar& g) {
  using enum Opening::Kind;
  g.openings = {{"una foto de", "una foto de"},
                {"hay", "hay", kThereIs},
                {"una imagen de", "una imagen de"},
                {"dibuja", "dibuja", kRequest},
                {"un dibujo de", "un dibujo de"},
                {"se ve", "se ven", kThereIs},
                {"una imagen con", "una imagen con"},
                {"quiero", "quiero", kRequest},
                {"una escena con", "una escena con"},
                {"muéstrame", "muéstrame", kRequest},
                {"dibújame", "dibújame", kRequest},
                {"haz", "haz", kRequest},
                {"dibuja una imagen de", "dibuja una imagen de", kRequest},
                {"quiero ver", "quiero ver", kRequest},
                {"genera", "genera", kRequest},
                {"crea", "crea", kRequest},
                {"pinta", "pinta", kRequest},
                {"puedes dibujar", "puedes dibujar", kQuestion},
                {"un render de", "un render de"},
                {"una fotografía de", "una fotografía de"},
                {"aquí hay", "aquí hay", kThereIs},
                {"en la imagen hay", "en la imagen hay", kThereIs},
                {"en la foto se ve", "en la foto se ven", kThereIs},
                {"hazme", "hazme", kRequest},
                {"dame", "dame", kRequest},
                {"una ilustración de", "una ilustración de"},
                {"imagina", "imagina", kRequest},
                {"me gustaría ver", "me gustaría ver", kRequest},
                {"dibujá", "dibujá", kRequest},
                {"podrías dibujar", "podrías dibujar", kQuestion},
                {"quisiera", "quisiera", kRequest},
                {"crea una imagen de", "crea una imagen de", kRequest},
                {"genera una imagen con", "genera una imagen con", kRequest},
                {"mostrame", "mostrame", kRequest},
                {"un cuadro de", "un cuadro de"}};
  g.bare_openings = {"foto de", "imagen de", "dibuja", "dibujo de", "escena con", "fotografía de"};
  g.numbers = {"", "", "dos", "tres", "cuatro", "cinco"};
  g.pairs = {"un par de"};
  g.ordinals = {{{{"primer", "primera", "primeros", "primeras"}},
                 {{"segundo", "segunda", "segundos", "segundas"}},
                 {{"tercer", "tercera", "terceros", "terceras"}},
                 {{"cuarto", "cuarta", "cuartos", "cuartas"}},
                 {{"quinto", "quinta", "quintos", "quintas"}}}};
  g.contains = {"que contiene", "que tiene dentro", "que lleva dentro"};
  g.contains_plural = {"que contienen", "que tienen dentro", "que llevan dentro"};
  g.existence = {"hay", "se ve"};
  g.existence_plural = {"hay", "se ven"};
  g.is = {"está", "se encuentra"};
  g.are = {"están", "se encuentran"};
  g.which_is = {"que está", "que se encuentra"};
  g.which_are = {"que están", "que se encuentran"};
  g.beside = {"junto a", "al lado de", "con"};
  g.also = {"también hay", "además hay", "y hay", "hay"};
  g.also_plural = g.also;
  g.besides = {"además de", "junto con", "y también"};
  g.please = {"por favor"};
  g.has = {"con", "con", "con", "que tiene"};
  g.has_plural = {"con", "con", "con", "que tienen"};
  g.and_word = "y";
  g.one_and_other = {"uno", "una", "otro", "otra"};
  g.function_words = {"un",   "una",  "el",    "la",    "los", "las", "del",  "al",
                      "otro", "otra", "uno",   "e",     "y",   "de",  "solo", "sola",
                      "este", "esta", "estos", "estas", "2",   "3",   "4",    "5"};
}

}  // namespace

Grammar spanish_grammar() {
  Grammar g;
  g.language = Language::kSpanish;
  fill_nouns_spanish(g);
  fill_adjectives_spanish(g);
  fill_relations_spanish(g);
  fill_backgrounds_spanish(g);
  fill_frames_spanish(g);
  return g;
}

}  // namespace lienzo::datasets::world
