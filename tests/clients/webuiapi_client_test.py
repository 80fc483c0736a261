"""`webuiapi`, a client of AUTOMATIC1111's API, against a running server; see server.py."""

import json
import threading
import time

import pytest
import webuiapi
from PIL import Image

from server import HOST, HTTPS, KEY, MODEL, PORT, PROMPT, SIDE, URL, has_task


@pytest.fixture(scope="module")
def api():
    api = webuiapi.WebUIApi(
        host=HOST,
        port=PORT,
        use_https=HTTPS,
        username="lienzo" if KEY else None,
        password=KEY or None,
        sampler="Euler",
        steps=4,
    )
    api.set_options({"sd_model_checkpoint": MODEL})
    return api


def draw(api, **more):
    return api.txt2img(**{"prompt": PROMPT, "width": SIDE, "height": SIDE, **more})


def test_draws(api):
    result = draw(api, seed=7, batch_size=2)
    assert len(result.images) == 2
    assert result.image.size == (SIDE, SIDE)
    assert result.info["all_seeds"] == [7, 8]
    assert result.info["infotexts"][0].startswith(PROMPT)
    assert result.parameters["seed"] == 7
    assert "Steps: 4" in result.image.info["parameters"]
    assert isinstance(result.json["info"], str)


def test_draws_with_the_defaults_of_the_client():
    api = webuiapi.WebUIApi(
        host=HOST, port=PORT, use_https=HTTPS, username="lienzo" if KEY else None, password=KEY or None
    )
    result = api.txt2img(prompt=PROMPT)
    assert result.image.size == (512, 512)
    assert result.info["sampler_name"] == "Euler a"
    assert "Steps: 20" in result.info["infotexts"][0]


def test_same_seed_same_picture(api):
    assert draw(api, seed=3).image.tobytes() == draw(api, seed=3).image.tobytes()


def test_reads_what_it_wrote(api):
    result = draw(api, seed=11)
    read = api.png_info(result.image)
    assert read.info.startswith(PROMPT)
    assert read.parameters["Seed"] == "11"


def test_lists(api):
    titles = api.util_get_model_names()
    assert titles
    assert api.util_get_current_model() in titles
    assert "Euler" in api.util_get_sampler_names()
    assert "automatic" in api.util_get_scheduler_names()
    assert "None" in [upscaler["name"] for upscaler in api.get_upscalers()]
    assert api.get_scripts() == {"txt2img": [], "img2img": []}
    assert api.get_embeddings() == {"loaded": {}, "skipped": {}}
    for ask in (
        api.get_sd_vae,
        api.get_loras,
        api.get_hypernetworks,
        api.get_face_restorers,
        api.get_realesrgan_models,
        api.get_latent_upscale_modes,
        api.get_prompt_styles,
    ):
        assert isinstance(ask(), list)
    assert api.get_cmd_flags()["api"] is True
    assert "ram" in api.get_memory()
    api.refresh_checkpoints()


def test_keeps_options(api):
    api.set_options({"samples_format": "jpg"})
    assert api.get_options()["samples_format"] == "jpg"
    assert draw(api).image.format == "JPEG"
    api.set_options({"samples_format": "png"})
    refused = api.set_options({"made_up": 1})
    assert refused["detail"][0]["loc"] == ["body", "made_up"]


def test_refuses_samplers_and_fields(api):
    with pytest.raises(RuntimeError) as problem:
        draw(api, sampler_name="Magic")
    status, text = problem.value.args
    assert status == 400
    assert json.loads(text)["detail"].startswith("Sampler not found")
    with pytest.raises(RuntimeError) as problem:
        draw(api, restore_faces=True)
    status, text = problem.value.args
    assert status == 422
    assert json.loads(text)["detail"][0]["loc"] == ["body", "restore_faces"]


def test_tells_progress_and_interrupts(api):
    api.util_wait_for_ready(check_interval=0.1)
    results = []
    drawing = threading.Thread(target=lambda: results.append(draw(api, n_iter=8, steps=50)))
    drawing.start()
    seen = 0.0
    while drawing.is_alive() and seen == 0:
        seen = api.get_progress()["progress"]
        time.sleep(0.02)
    api.interrupt()
    drawing.join(timeout=120)
    assert not drawing.is_alive()
    assert seen > 0
    # All of them when it was too late, otherwise none.
    assert len(results[0].images) in (0, 8)
    assert api.get_progress()["progress"] == 0


def test_edits(api):
    picture = Image.new("RGB", (SIDE, SIDE), (200, 30, 30))
    ask = lambda **more: api.img2img(
        images=[picture], prompt=PROMPT, width=SIDE, height=SIDE, **more
    )
    if not has_task("edit"):
        with pytest.raises(RuntimeError) as problem:
            ask()
        assert problem.value.args[0] in (400, 422)
        return
    assert ask().image.size == (SIDE, SIDE)
    if has_task("inpaint"):
        mask = Image.new("L", (SIDE, SIDE))
        mask.paste(255, (0, 0, SIDE // 2, SIDE))
        edited = ask(mask_image=mask, inpaint_full_res=False, inpainting_fill=1).image
        red, green, blue = edited.convert("RGB").getpixel((SIDE - 5, SIDE // 2))
        assert abs(red - 200) < 4 and abs(green - 30) < 4 and abs(blue - 30) < 4


def test_enlarges(api):
    picture = Image.new("RGB", (40, 20), (10, 20, 30))
    large = api.extra_single_image(picture, upscaler_1="Lanczos", upscaling_resize=3)
    assert large.image.size == (120, 60)
    both = api.extra_batch_images([picture, picture], upscaler_1="Lanczos")
    assert [image.size for image in both.images] == [(80, 40), (80, 40)]


@pytest.mark.skipif(not KEY, reason="the server has no keys")
def test_refuses_wrong_passwords():
    api = webuiapi.WebUIApi(baseurl=URL + "/sdapi/v1", username="lienzo", password="wrong")
    with pytest.raises(RuntimeError) as problem:
        draw(api)
    assert problem.value.args[0] == 401
