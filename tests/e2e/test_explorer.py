"""The explorer in a browser: its decoder beside NumPy's, its speed, and the page without it."""

import base64
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard.vae import explorer, live_decoder
from dashboard.vae.explorer import ConvolutionalDecoder, Layer, MlpDecoder
from store.reader import open_store
from store.schema.vae import latent_space, reconstructions
from store.writer import publish
from tests.support import made_up_stores, report_states
from tests.support.browser_pages import LIMIT_MS, Watch, open_page
from tests.support.serving import ROOT, serve

REPORTS = ("embedded", "convolutional")
OF_AN_MLP = (latent_space.DECODER_OUTPUT_WEIGHT, latent_space.DECODER_OUTPUT_BIAS)
AT_MOST = 2  # of 255, between a grey of the browser's and NumPy's
PICTURES_PER_SECOND = 20  # the least that the eye takes for motion
N_LATENTS = 20
PHONE = {"width": 390, "height": 844}
READ = """canvas => {
    const { width, height } = canvas;
    const rgba = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    return [...rgba].filter((_, n) => n % 4 === 0);
}"""
MOVE = """async (input, value) => {
    input.value = value;
    input.dispatchEvent(new Event("input"));
    for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame);
}"""
# What a frame costs: two callbacks enclose the one that decodes.
DRAG = """async ([script, html, weights, data]) => {
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const { default: call } = await import(url);
    const root = document.body;
    root.innerHTML = html;
    call({ data: Uint8Array.from(atob(weights), letter => letter.charCodeAt(0)) });
    call({ data, parentElement: root, setStateValue: () => {} });
    const input = root.querySelector("#latent3");
    const costs = [];
    const begun = performance.now();
    for (let step = 0; step <= 60; step++) {
        let before;
        requestAnimationFrame(() => (before = performance.now()));
        input.value = -3 + step / 10;
        input.dispatchEvent(new Event("input"));
        await new Promise(requestAnimationFrame);
        costs.push(performance.now() - before);
    }
    const seconds = (performance.now() - begun) / 1000;
    return [costs.sort((a, b) => a - b)[30], costs.length / seconds];
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server of a copy of the site: the committed report, and one of a convolutional VAE."""
    root = tmp_path_factory.mktemp("site")
    for name in ("dashboard", "store", ".streamlit"):
        leave_out = shutil.ignore_patterns("data", "__pycache__")
        shutil.copytree(ROOT / name, root / name, ignore=leave_out)
    data = root / "store" / "data"
    data.mkdir()
    report_states.committed(data)
    made = made_up_stores.make_contents("vae")
    for spec in OF_AN_MLP:
        del made.arrays[spec]
    made.arrays[latent_space.ACTIVE_BY_KL][:] = made.arrays[latent_space.ACTIVE_BY_VARIANCE][:] = 1
    publish(data / "convolutional" / "vae.h5", made)
    with serve(root=root) as running:
        yield running, data


def decoded(path: Path, share, moves):
    """The picture that NumPy decodes on the way from the first sample to the second, in bytes."""
    with open_store(path, "vae") as store:
        first, second = store.read(latent_space.POSTERIOR_MEAN)[
            store.read(reconstructions.SAMPLE_IMAGE)[:2]
        ]
        latent = first + share * (second - first)
        for dimension, move in moves.items():
            latent[dimension] += move
        return (255 * explorer.read_decoder(store)(latent)).round()


def furthest(canvas, picture):
    """The largest difference between a canvas and a picture, of 255."""
    return np.abs(np.array(canvas.evaluate(READ)) - picture.ravel()).max()


@pytest.mark.parametrize("report", REPORTS)
def test_the_browser_draws_what_numpy_decodes(site, browser, report):
    server, data = site
    path = data / report / "vae.h5"
    with open_store(path, "vae") as store:
        one, two = explorer.active_latents(store)[:2].tolist()
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    watch = Watch(page, server.address)
    query = f"report={report}&share=0.5&latent{one}=1.5"
    open_page(page, f"{server.address}/explorer?{query}")
    page.get_by_text("Decoded in your browser").wait_for(timeout=LIMIT_MS)
    canvas = page.locator("canvas[aria-label='Decoded now']")
    picture = decoded(path, 0.5, {one: 1.5})
    assert picture.std() > 10  # or any other would do
    assert furthest(canvas, picture) <= AT_MOST
    page.get_by_role("slider", name=f"Move latent {two} by").evaluate(MOVE, -2.5)
    page.get_by_role("slider", name="Way from start to end").evaluate(MOVE, 0.9)
    assert furthest(canvas, decoded(path, 0.9, {one: 1.5, two: -2.5})) <= AT_MOST
    assert canvas.bounding_box()["width"] >= 280
    expect(page.get_by_role("img", name="Start: 1")).to_have_count(1)  # the still one is hidden
    assert not watch.errors
    assert not watch.elsewhere
    page.close()


def test_a_drag_asks_the_server_nothing_and_its_end_is_in_the_link(site, browser):
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    frames = {"framesent": [], "framereceived": []}

    def listen(socket):
        for event, lengths in frames.items():
            socket.on(event, lambda frame, lengths=lengths: lengths.append(len(frame)))

    page.on("websocket", listen)
    open_page(page, f"{site[0].address}/explorer?report=embedded")
    page.get_by_text("Decoded in your browser").wait_for(timeout=LIMIT_MS)
    n_bytes = sum(frames["framereceived"])
    for lengths in frames.values():
        lengths.clear()
    canvas, slider = page.locator("canvas").first, page.locator("#share")
    place = slider.bounding_box()
    middle = place["y"] + place["height"] / 2
    page.mouse.move(place["x"] + 10, middle)
    page.mouse.down()
    pictures = set()
    for step in range(1, 6):
        page.mouse.move(place["x"] + step / 8 * place["width"], middle)
        page.wait_for_timeout(50)
        pictures.add(str(canvas.evaluate(READ)))
    assert len(pictures) == 5
    assert not frames["framesent"]
    page.mouse.up()
    page.wait_for_url("**share=0.6*", timeout=LIMIT_MS)
    assert sum(frames["framereceived"]) < n_bytes / 5  # the page ran again, without the weights
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Reset").click()
    page.wait_for_url(lambda url: "share" not in url, timeout=LIMIT_MS)
    assert slider.input_value() == "0"
    slider.press("ArrowRight")
    page.wait_for_url("**share=0.005*", timeout=LIMIT_MS)
    page.close()


def test_on_a_phone_the_picture_stays_in_view_above_the_last_slider(site, browser):
    page = browser.new_page(viewport=PHONE)
    open_page(page, f"{site[0].address}/explorer?report=embedded")
    page.get_by_text("Decoded in your browser").wait_for(timeout=LIMIT_MS)
    page.locator("input[type=range]").last.scroll_into_view_if_needed()
    slider = page.locator("input[type=range]").last.bounding_box()
    picture = page.locator("canvas[aria-label='Decoded now']").bounding_box()
    assert picture["y"] >= 0
    assert picture["width"] >= 280
    assert picture["y"] + picture["height"] <= slider["y"]
    assert slider["y"] + slider["height"] <= PHONE["height"]
    page.close()


def test_numpys_picture_stands_where_the_browsers_part_cannot_run(site, browser):
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script("URL.createObjectURL = () => 'blob:nothing'")  # of the part's code
    open_page(page, f"{site[0].address}/explorer?report=embedded")
    for name in ("Start: 1", "Decoded now", "End: 2"):
        expect(page.get_by_role("img", name=name)).to_be_visible(timeout=LIMIT_MS)
    assert page.locator("canvas").count() == 0
    page.close()


def random_layers(*shapes):
    """Weights and biases of these shapes, by which a unit is about as large as those before it."""
    rng = np.random.default_rng(0)
    layers = []
    for n_outputs, shape in shapes:
        n_inputs = shape[0] * (4 if len(shape) > 2 else 1)  # a pixel is met by 4 of 16 weights
        weight = rng.normal(0, (2 / n_inputs) ** 0.5, shape).astype("f4")
        layers.append(Layer(weight, rng.normal(0, 0.1, n_outputs).astype("f4")))
    return layers


@pytest.mark.parametrize(
    "decode",
    [
        MlpDecoder(*random_layers((400, (20, 400)), (784, (400, 784)))),
        ConvolutionalDecoder(
            *random_layers((256, (20, 256)), (3136, (256, 3136))),
            *random_layers((32, (64, 32, 4, 4)), ((), (32, 4, 4))),
        ),
    ],
    ids=["mlp", "convolutional"],
)
def test_a_drag_draws_twenty_pictures_a_second(browser, decode):
    latents = np.random.default_rng(1).normal(size=(2, N_LATENTS)).astype("f4")
    sliders = [
        {"key": f"latent{n}", "label": f"Move latent {n} by"}
        | {"low": -4, "high": 4, "step": 0.05, "latent": n}
        for n in range(N_LATENTS)
    ]
    ends = {
        name: {"latent": row, "title": name, "picture": ""}
        for name, row in zip(("start", "end"), latents.tolist(), strict=True)
    }
    data = {
        "report": "random",
        "sliders": sliders,
        "values": {slider["key"]: 0 for slider in sliders},
        **ends,
    }
    layers = [(layer.weight, layer.bias) for layer in vars(decode).values()]
    weights = base64.b64encode(live_decoder.packed("random", layers)).decode()
    html = (ROOT / "dashboard" / "vae" / "explorer.html").read_text(encoding="utf-8")
    page = browser.new_page()
    cost, per_second = page.evaluate(DRAG, [live_decoder.SCRIPT, html, weights, data])
    moved = latents[0].copy()
    moved[3] += 3
    picture = (255 * decode(moved)).round()
    assert picture.std() > 10
    assert furthest(page.locator("canvas"), picture) <= AT_MOST
    sys.stdout.write(f"{cost:.2f} ms a picture, {per_second:.0f} pictures a second\n")
    # The median of a frame's own cost: other work on the machine does not add to it.
    assert cost <= 1000 / PICTURES_PER_SECOND
    page.close()
