"""How programs ask the app for pictures: the examples that About shows and README.md repeats; a test runs them. `{address}` is the app's own."""

PYTHON = """\
from gradio_client import Client  # pip install gradio_client

app = Client("{address}")
models = app.predict(api_name="/list_models")
picture = app.predict(models[0]["id"], seed=7, api_name="/render")  # a PNG file
film = app.predict(models[0]["id"], seed_a=1, seed_b=7, api_name="/morph")  # a WebP film
sheet = app.predict(models[0]["id"], count=25, api_name="/grid")
"""

JAVASCRIPT = """\
import { Client } from "@gradio/client";   // npm install @gradio/client

const app = await Client.connect("{address}");
const [models] = (await app.predict("/list_models", {})).data;
const [picture] = (await app.predict("/render", { model: models[0].id, seed: 7 })).data;
console.log(picture.url);
"""

PROGRAMS = {"python": PYTHON, "javascript": JAVASCRIPT}
