"""The parts of benchmarks/ that decide what a figure means: counting, resuming, refusing, and drawing the results."""

import json
import math

import numpy as np
import pytest
import torch

from benchmarks import common, quality_per_minute, sampling_speed, stacked_mnist
from benchmarks.peers import PEERS, Peer, Setting, cropped, padded, power_of_two, resized, snapshots
from benchmarks.stacked import DigitClassifier, modes_caught, modes_of, reverse_kl, stacked, write_zip
from gan_core import data
from gan_core.registry import resolve

MACHINE = {"cpu": "Imagined CPU", "cores_used": [0, 1], "torch": "2.8"}
PNG = b"\x89PNG"


# ---- modes


def test_modes_and_reverse_kl_by_hand():
    modes = np.array([0, 0, 7, 999])
    real = np.array([0, 7, 999, 5] * 2)
    assert modes_caught(modes) == 3
    expected = 0.5 * math.log(0.5 / 0.25) + 2 * 0.25 * math.log(0.25 / 0.25)
    assert reverse_kl(modes, real) == pytest.approx(expected)
    assert reverse_kl(real, real) == 0


def test_a_mode_is_its_three_digits_read_as_one_number():
    class Reader(torch.nn.Module):
        """Reads the digit off the first pixel."""

        def forward(self, images):
            return torch.nn.functional.one_hot((images[:, 0, 0, 0] * 255).round().long(), 10).float()

    images = torch.zeros(2, 3, 28, 28, dtype=torch.uint8)
    images[0, :, 0, 0], images[1, :, 0, 0] = torch.tensor([1, 2, 3]), torch.tensor([0, 0, 9])
    assert modes_of(Reader(), images).tolist() == [123, 9]
    assert modes_of(DigitClassifier().eval(), images).shape == (2,)


def test_stacked_pictures_come_back_from_their_zip(tmp_path):
    images, modes = stacked(20)
    digits = data.load("digits")
    of = {picture.numpy().tobytes(): int(label) for picture, label in zip(digits.images, digits.labels, strict=True)}
    assert modes.tolist() == [int("".join(str(of[c.numpy().tobytes()]) for c in picture)) for picture in images]
    write_zip(images, tmp_path / "stacked.zip")
    again = data.load(tmp_path / "stacked.zip")
    assert torch.equal(again.images, images) and again.labels is None


# ---- peers


class Counter(Peer):
    """A trainer that only counts: 4 pictures a step, samples as grey as the steps taken."""

    label, flag, needs, batch = "Counter", "--counter", "counter.py", 4

    def build(self, folder):
        self.steps, self.asked = 0, []

    def learn(self, progress):
        self.steps += 1
        self.asked.append(progress)
        return self.batch

    def draw(self, n):
        return torch.full((n, 3, 32, 32), self.steps / 127.5 - 1)


def test_snapshots_by_pictures_fit_samples_back(tmp_path):
    peer = Counter(Setting(torch.zeros(5, 1, 28, 28, dtype=torch.uint8), tmp_path))
    first, last = snapshots(peer, [8, 20], 60, by_pictures=True)
    assert (first.images, last.images) == (8, 20)
    assert last.samples.shape == (60, 1, 28, 28) and last.samples.unique().tolist() == [5]
    assert peer.asked == [0, 0.2, 0.4, 0.6, 0.8]


def test_pictures_are_fitted_there_and_back():
    images = torch.randint(256, (2, 1, 28, 28), dtype=torch.uint8)
    assert [power_of_two(n) for n in (28, 32, 33, 64)] == [32, 32, 64, 64]
    assert padded(images, 32).shape[-1] == 32 and torch.equal(cropped(padded(images, 32), 28), images)
    assert resized(images, 64).shape == (2, 1, 64, 64) and resized(images, 28) is images


@pytest.mark.parametrize("name", PEERS)
def test_every_peer_says_what_it_needs(name):
    peer = resolve(PEERS, name)
    assert issubclass(peer, Peer) and peer.flag.startswith("--") and peer.label and peer.needs and peer.batch > 0
    assert name in quality_per_minute.PEER_COLOURS and name not in quality_per_minute.OURS


def test_a_published_file_is_read_for_its_three_definitions(tmp_path):
    """A stand-in of the same form: what else the file would do (here: fail) is not run."""
    (tmp_path / "dcgan").mkdir()
    (tmp_path / "dcgan" / "main.py").write_text(
        "raise SystemExit\n"
        "def weights_init(m):\n    pass\n"
        "class Generator(nn.Module):\n"
        "    def __init__(self, ngpu):\n        super().__init__()\n        self.up = nn.ConvTranspose2d(nz, nc, 64)\n"
        "    def forward(self, z):\n        return torch.tanh(self.up(z))\n"
        "class Discriminator(nn.Module):\n"
        "    def __init__(self, ngpu):\n        super().__init__()\n        self.down = nn.Conv2d(nc, 1, 64)\n"
        "    def forward(self, x):\n        return torch.sigmoid(self.down(x)).view(-1)\n"
    )
    peer = resolve(PEERS, "pytorch-dcgan")(Setting(stacked(8)[0], tmp_path))
    before = peer.sample(3)
    assert before.shape == (3, 3, 28, 28) and before.dtype == torch.uint8
    weights = [network.state_dict()["bias"].clone() for network in (peer.generator.up, peer.critic.down)]
    assert peer.learn(0.0) == 64
    assert all(not torch.equal(w, n.bias) for w, n in zip(weights, (peer.generator.up, peer.critic.down), strict=True))


# ---- results that survive


def test_results_resume_and_refuse_other_settings(tmp_path):
    path, row = tmp_path / "r.json", {"data": "faces", "trainer": "dcgan", "minutes": 1.0, "kid": 5.0}
    results = common.Results(path, {"n": 10})
    results.facts["machine"] = MACHINE
    results.add([row])
    again = common.Results(path, {"n": 10})
    again.keep_for_resume()
    assert again.rows == [row] and again.facts == {"machine": MACHINE}
    assert again.has(trainer="dcgan", minutes=1.0) and not again.has(trainer="dcgan", minutes=2.0)
    again.drop(data="faces")
    assert again.rows == []
    other = common.Results(path, {"n": 20})
    assert other.rows == []
    with pytest.raises(SystemExit, match="n 10, now 20"):
        other.keep_for_resume()


def test_a_resumed_run_does_only_what_is_missing(tmp_path):
    options = quality_per_minute.parsed(
        ["--minutes", "1,2", "--ours", "dcgan", "--data", "faces", "--out", str(tmp_path)]
    )
    options.peers = {"r3gan-code": tmp_path}
    results = common.Results(tmp_path / "q.json", {})

    def found():
        return sorted((j["trainer"], j["minutes"]) for j in quality_per_minute.jobs(options, results))

    assert found() == [("dcgan", [1.0]), ("dcgan", [2.0]), ("r3gan-code", [1.0, 2.0]), ("real", [0])]
    results.add(
        [{"data": "faces", "trainer": t, "minutes": m} for t, m in (("real", 0), ("dcgan", 1.0), ("r3gan-code", 1.0))]
    )
    assert found() == [("dcgan", [2.0]), ("r3gan-code", [1.0, 2.0])]  # a peer's marks belong to one training


def test_jobs_run_in_processes_of_their_own_and_failures_are_told(tmp_path, capfd, monkeypatch):
    (tmp_path / "echoing.py").write_text(
        "import json, sys\n"
        "job = json.loads(sys.argv[2])\n"
        "if job['number'] == 2: sys.exit('no')\n"
        "print('chatter'); print('RESULT ' + json.dumps([job]))\n"
    )
    monkeypatch.setattr(common, "ROOT", tmp_path)
    rows, cores = [], common.usable_cores()[:1]
    failures = common.run_jobs("echoing", [{"number": n} for n in (1, 2, 3)], cores, lambda job, new: rows.extend(new))
    assert rows == [{"number": 1}, {"number": 3}]
    assert len(failures) == 1 and "{'number': 2}" in failures[0] and "status 1" in failures[0]


# ---- what is drawn and printed


def quality_rows():
    rows = [{"data": d, "trainer": "real", "minutes": 0, "kid": 0.2} for d in ("faces", "fashion")]
    for trainer, kid in (("auto", 100.0), ("r3gan-code", 400.0)):
        rows += [
            {"data": d, "trainer": trainer, "minutes": m, "kid": kid / m}
            for d in ("faces", "fashion")
            for m in (1.0, 2.0)
        ]
    return rows


def test_quality_is_plotted_and_compared(tmp_path):
    quality_per_minute.plot({"machine": MACHINE, "settings": {"n": 10}, "rows": quality_rows()}, tmp_path / "q.png")
    assert (tmp_path / "q.png").read_bytes().startswith(PNG)
    lines = quality_per_minute.table(quality_rows()).splitlines()
    assert lines[1].split() == ["auto", "100", "1.00", "50", "1.00"]
    assert lines[2].split() == ["r3gan-code", "400", "4.00", "200", "4.00"]


def test_stacked_is_plotted_and_told(tmp_path):
    rows = [{"trainer": "real", "modes": 1000, "reverse_kl": 0.04}, {"trainer": "bce", "modes": 99, "reverse_kl": 3.4}]
    rows[1] |= {"images": 1000, "minutes": 2.0}
    settings = {"pictures": 1000, "minutes": 0, "n": 25_600}
    stacked_mnist.plot({"machine": MACHINE, "settings": settings, "accuracy": 0.99, "rows": rows}, tmp_path / "s.png")
    assert (tmp_path / "s.png").read_bytes().startswith(PNG)
    assert stacked_mnist.table(rows).splitlines()[2].split() == ["bce", "99", "3.400", "1000", "2.0"]


def test_speed_is_plotted_and_different_pictures_are_refused(tmp_path, monkeypatch):
    sizes = sampling_speed.Sizes(**sampling_speed.SMALL)
    options = sampling_speed.parsed(["--stylegan", ".", "--batches", "2", "--seconds", "0.01"])
    draw = {name: lambda z: torch.ones(2, 3, 4, 4).cumsum(3) for name in ("ours", "official", "official_unfused")}
    monkeypatch.setattr(sampling_speed, "pair", lambda *_: (None, None))
    monkeypatch.setattr(sampling_speed, "contenders", lambda *_: draw)
    (good,) = sampling_speed.case(tmp_path, sizes, None, options)
    assert good["ratio"] > 0 and good["difference"] == 0
    draw["ours"] = lambda z: 1.01 * draw["official"](z)
    (bad,) = sampling_speed.case(tmp_path, sizes, None, options)
    assert "refused" in bad and "ratio" not in bad and bad["difference"] == pytest.approx(0.04 / 3)
    sampling_speed.plot({"machine": MACHINE, "rows": [good, bad]}, tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(PNG)


def test_random_weights_go_into_ours_and_the_code_of_either_repository_is_recognised(tmp_path):
    with pytest.raises(SystemExit, match="checkout of NVlabs/stylegan3 or NVlabs/stylegan2-ada-pytorch"):
        sampling_speed.layout_of(tmp_path)
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "networks.py").touch()
    assert sampling_speed.layout_of(tmp_path) == "NVlabs/stylegan2-ada-pytorch"


def test_what_is_written_names_the_machine_but_no_paths(tmp_path, monkeypatch):
    facts = common.machine([0])
    assert facts["cpu"] and facts["cores_used"] == [0] and facts["torch"] == torch.__version__
    assert facts["cpu"] in common.machine_line(facts)
    monkeypatch.setattr("sys.argv", ["x", "--r3gan", "/home/somebody/R3GAN", "--minutes", "1,2"])
    assert common.command("quality_per_minute") == "python -m benchmarks.quality_per_minute --r3gan R3GAN --minutes 1,2"
    common.write_json(tmp_path / "new" / "r.json", facts)
    assert json.loads((tmp_path / "new" / "r.json").read_text()) == facts


# ---- flags explain themselves


@pytest.mark.parametrize(
    ("parsed", "argv", "words"),
    [
        (quality_per_minute.parsed, ["--minutes", "1,x"], "“1,x” is not minutes such as 1,2,4"),
        (quality_per_minute.parsed, ["--minutes", "-1"], "is not minutes"),
        (quality_per_minute.parsed, ["--data", "cats"], "“cats” is not names out of faces, faces-1000, fashion"),
        (quality_per_minute.parsed, ["--cores", "9999"], "“9999” is not cores out of"),
        (quality_per_minute.parsed, ["--n", "3"], "at least 10 samples"),
        (quality_per_minute.parsed, ["--r3gan", "/nowhere"], "there is no R3GAN/Networks.py in it"),
        (stacked_mnist.parsed, [], "one of the arguments --pictures --minutes is required"),
        (stacked_mnist.parsed, ["--pictures", "-5"], "a positive number"),
        (stacked_mnist.parsed, ["--minutes", "1", "--only", "gan"], "“gan” is not names out of default"),
        (sampling_speed.parsed, ["--stylegan", ".", "--weights", "/nowhere"], "there is no init.json"),
        (sampling_speed.parsed, ["--stylegan", ".", "--batches", "0"], "“0” is not counts"),
    ],
)
def test_flags_explain_themselves(parsed, argv, words, capsys):
    with pytest.raises(SystemExit):
        parsed(argv)
    assert words in capsys.readouterr().err


def test_a_peer_that_is_not_given_is_named():
    assert quality_per_minute.parsed([]).missing == list(PEERS)
