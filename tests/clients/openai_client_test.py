"""The official `openai` package against a running server; see server.py for where it is."""

import base64
import io
import urllib.error
import urllib.request

import openai
import pytest
from PIL import Image

from server import KEY, MODEL, PROMPT, SIDE, URL, has_task

SIZE = f"{SIDE}x{SIDE}"


@pytest.fixture(scope="module")
def client():
    return openai.OpenAI(base_url=URL + "/v1", api_key=KEY or "none", max_retries=0, timeout=600)


def opened(picture):
    return Image.open(io.BytesIO(base64.b64decode(picture.b64_json)))


def test_lists_models(client):
    ids = [model.id for model in client.models.list()]
    assert MODEL in ids
    assert client.models.retrieve(MODEL).object == "model"
    with pytest.raises(openai.NotFoundError) as problem:
        client.models.retrieve("dall-e-3")
    assert problem.value.code == "model_not_found"


def test_draws_to_base64(client):
    answer = client.images.generate(
        model=MODEL, prompt=PROMPT, n=2, size=SIZE, response_format="b64_json", user="test"
    )
    assert len(answer.data) == 2
    assert answer.created > 1_700_000_000
    assert answer.usage.total_tokens == 0
    assert answer.size == SIZE
    for picture in answer.data:
        assert opened(picture).size == (SIDE, SIDE)
        assert opened(picture).format == "PNG"


def test_draws_to_urls(client):
    url = client.images.generate(model=MODEL, prompt=PROMPT).data[0].url
    assert url.startswith(URL)
    request = urllib.request.Request(url)
    if KEY:
        with pytest.raises(urllib.error.HTTPError) as problem:
            urllib.request.urlopen(request)
        assert problem.value.code == 401
        request.add_header("Authorization", "Bearer " + KEY)
    with urllib.request.urlopen(request) as reply:
        assert Image.open(io.BytesIO(reply.read())).size == (SIDE, SIDE)


def test_same_seed_same_picture(client):
    def draw(seed):
        answer = client.images.generate(
            model=MODEL,
            prompt=PROMPT,
            response_format="b64_json",
            extra_body={"seed": seed, "steps": 4},
        )
        return opened(answer.data[0]).tobytes()

    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_writes_other_formats(client, format):
    answer = client.images.generate(
        model=MODEL,
        prompt=PROMPT,
        response_format="b64_json",
        output_format=format,
        output_compression=60,
    )
    assert answer.output_format == format
    assert opened(answer.data[0]).format == format.upper()


def test_streams(client):
    events = list(
        client.images.generate(
            model=MODEL, prompt=PROMPT, stream=True, partial_images=2, extra_body={"seed": 1}
        )
    )
    assert 1 <= len(events) <= 3
    for index, event in enumerate(events[:-1]):
        assert event.type == "image_generation.partial_image"
        assert event.partial_image_index == index
        assert opened(event).format == "PNG"
    last = events[-1]
    assert last.type == "image_generation.completed"
    assert last.size == SIZE
    assert last.usage.total_tokens == 0
    assert opened(last).size == (SIDE, SIDE)


@pytest.mark.parametrize(
    "fields, param, code",
    [
        ({"n": 11}, "n", "invalid_value"),
        ({"n": "many"}, "n", "invalid_type"),
        ({"size": "big"}, "size", "invalid_value"),
        ({"background": "transparent"}, "background", "unsupported"),
        ({"response_format": "tiff"}, "response_format", "invalid_value"),
        ({"prompt": ""}, "prompt", "invalid_value"),
        ({"extra_body": {"colour": "red"}}, "colour", "unknown_parameter"),
        ({"extra_body": {"lora": 7}}, "lora", "invalid_type"),
    ],
)
def test_refuses_by_name(client, fields, param, code):
    with pytest.raises(openai.BadRequestError) as problem:
        client.images.generate(**{"model": MODEL, "prompt": PROMPT, **fields})
    assert problem.value.param == param
    assert problem.value.code == code
    assert problem.value.type == "invalid_request_error"


def test_refuses_what_the_model_cannot_do(client):
    with pytest.raises(openai.UnprocessableEntityError) as problem:
        client.images.generate(model=MODEL, prompt=PROMPT, extra_body={"lora": "x"})
    assert problem.value.param == "lora"
    assert problem.value.code == "unsupported"


def test_refuses_unknown_models(client):
    with pytest.raises(openai.NotFoundError) as problem:
        client.images.generate(model="gpt-image-1", prompt=PROMPT)
    assert problem.value.code == "model_not_found"
    assert MODEL in problem.value.message


@pytest.mark.skipif(not KEY, reason="the server has no keys")
def test_refuses_wrong_keys():
    client = openai.OpenAI(base_url=URL + "/v1", api_key="wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        client.models.list()


def picture_file(alpha=None):
    picture = Image.new("RGBA", (SIDE, SIDE), (200, 30, 30, 255))
    if alpha is not None:
        picture.paste((0, 0, 0, alpha), (0, 0, SIDE // 2, SIDE))
    file = io.BytesIO()
    picture.save(file, format="PNG")
    file.seek(0)
    file.name = "picture.png"
    return file


def test_edits(client):
    ask = lambda **more: client.images.edit(
        model=MODEL, image=picture_file(), prompt=PROMPT, response_format="b64_json", **more
    )
    if not has_task("edit"):
        with pytest.raises(openai.APIStatusError) as problem:
            ask()
        assert problem.value.status_code in (400, 422)
        return
    assert opened(ask().data[0]).size == (SIDE, SIDE)
    if has_task("inpaint"):
        edited = opened(ask(mask=picture_file(alpha=0)).data[0]).convert("RGB")
        red, green, blue = edited.getpixel((SIDE - 5, SIDE // 2))
        assert abs(red - 200) < 4 and abs(green - 30) < 4 and abs(blue - 30) < 4


def test_refuses_what_is_no_picture(client):
    with pytest.raises(openai.BadRequestError) as problem:
        client.images.edit(model=MODEL, image=("a.png", b"no picture", "image/png"), prompt=PROMPT)
    assert problem.value.param == "image"


def test_varies(client):
    ask = lambda: client.images.create_variation(model=MODEL, image=picture_file())
    if has_task("edit"):
        assert ask().data[0].url.startswith(URL)
        return
    with pytest.raises(openai.APIStatusError) as problem:
        ask()
    assert problem.value.status_code in (400, 422)
