"""Other support models: tiny ones, made here with the libraries' own classes and read from real files."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
import shutil
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.checking import nli
from pipeline.checking.support import Pair, SupportModel
from pipeline.errors import ConfigError, ModelError, Unavailable

WORDS = "walking groups lower blood pressure of adults in the trial weight mood is not a song bird sings".split()
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
NLI = ["contradiction", "entailment", "neutral"]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PAIRS = [
    Pair("walking groups lower blood pressure of adults in the trial", "groups lower pressure"),
    Pair("a bird sings", "a song is not in the trial weight mood of adults"),
    Pair("", "groups lower pressure"),
    Pair("the mood of adults is not a song", "mood"),
    Pair("bird " * 500, "a bird sings"),
    Pair("walking groups", "weight " * 500),
    Pair("", "weight " * 500),
    Pair("bird " * 500, "weight " * 500),
    Pair("bird", ""),
]

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def libraries() -> Any:
    reason = "torch and transformers are not installed: pip install 'sourcemark[nli]'"
    pytest.importorskip("torch", reason=reason)
    return pytest.importorskip("transformers", reason=reason)


def made(folder: Path, libraries: Any, labels: Sequence[str], *, kind: str = "Bert", most: int = 48, **settings: Any) -> Path:
    """Write a model whose answers differ widely from pair to pair, with a tokenizer of a few words."""
    importlib.import_module("torch").manual_seed(7)
    config = getattr(libraries, f"{kind}Config")(
        vocab_size=len(PIECES),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=most,
        initializer_range=1.0,
        type_vocab_size=2,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
        **settings,
    )
    model = getattr(libraries, f"{kind}ForSequenceClassification")(config)
    model.save_pretrained(folder, safe_serialization=True) if libraries.__version__ < "5" else model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(PIECES), encoding="utf-8")
    libraries.BertTokenizerFast.from_pretrained(folder).save_pretrained(folder)
    return folder


def direct(folder: Path, libraries: Any, pair: Pair) -> Any:
    """Return what the libraries themselves answer to a pair that needs no cutting."""
    torch = importlib.import_module("torch")
    model = libraries.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        return model(**libraries.AutoTokenizer.from_pretrained(folder)(*pair, return_tensors="pt")).logits[0]


@pytest.fixture
def folder(tmp_path: Path, libraries: Any) -> Path:
    return made(tmp_path / "tiny", libraries, NLI)


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for missing in ("torch", "transformers"):
        with monkeypatch.context() as patched:
            patched.setitem(sys.modules, "torch", types.ModuleType("torch"))
            patched.setitem(sys.modules, missing, None)
            with pytest.raises(Unavailable, match=r"^[^\n]*pip install 'sourcemark\[nli\]'$"):
                nli.load(str(tmp_path))


@pytest.mark.parametrize(
    ("labels", "label", "found"),
    [
        (NLI, None, 1),
        (["ENTAILMENT", "NEUTRAL", "CONTRADICTION"], None, 0),
        (["entailment", "not_entailment"], None, 0),
        (["unsupported", "Supported"], None, 1),
        (["inconsistent", "consistent"], None, 1),
        (["0", "1"], None, 1),
        (["LABEL_0", "LABEL_1"], None, 1),
        (["LABEL_0"], None, 0),
        (["factual"], None, 0),
        (["hallucinated"], None, None),
        (["LABEL_1", "LABEL_0"], None, None),
        (["LABEL_0", "LABEL_1", "LABEL_2"], None, None),
        (["supported", "entailment"], None, None),
        (["yes", "no"], "Yes", 0),
        (NLI, "contradiction", 0),
        (NLI, "supported", None),
        ([], None, None),
    ],
)
def test_the_label_that_means_supported(labels: list[str], label: str | None, found: int | None) -> None:
    assert nli.supporting(labels, label) == found


def test_three_labels_are_weighed_against_each_other(folder: Path, libraries: Any) -> None:
    expected = [float(direct(folder, libraries, pair).softmax(0)[1]) for pair in PAIRS[:4]]
    assert nli.load(str(folder)).probabilities(PAIRS[:4]) == pytest.approx(expected, abs=1e-4)
    assert max(expected) - min(expected) > 0.01


def test_two_labels_and_one_output(tmp_path: Path, libraries: Any) -> None:
    two = made(tmp_path / "two", libraries, ["LABEL_0", "LABEL_1"])
    one = made(tmp_path / "one", libraries, ["LABEL_0"])
    assert nli.load(str(two)).probabilities(PAIRS[:1]) == pytest.approx([float(direct(two, libraries, PAIRS[0]).softmax(0)[1])], abs=1e-4)
    assert nli.load(str(one)).probabilities(PAIRS[:1]) == pytest.approx([float(direct(one, libraries, PAIRS[0]).sigmoid()[0])], abs=1e-4)


def test_batches_of_one_and_of_many_agree_and_keep_the_order(folder: Path) -> None:
    one = nli.load(str(folder), batch=1).probabilities(PAIRS)
    assert nli.load(str(folder), batch=4).probabilities(PAIRS) == pytest.approx(one, abs=1e-4)
    assert nli.load(str(folder)).probabilities(PAIRS[::-1]) == pytest.approx(one[::-1], abs=1e-4)
    assert len(one) == len(PAIRS) and all(0 <= value <= 1 for value in one)
    assert nli.load(str(folder)).probabilities([]) == []


def test_a_long_passage_never_cuts_the_claim(folder: Path) -> None:
    model = nli.load(str(folder))
    long, cut = Pair("bird " * 500, "walking groups lower pressure"), Pair("bird " * 41, "walking groups lower pressure")
    assert model.logits([long]) == pytest.approx(model.logits([cut]), abs=1e-3)
    assert model.logits([long]) != pytest.approx(model.logits([long._replace(claim="walking groups lower mood")]), abs=1e-3)


@pytest.mark.parametrize("words", range(42, 50))
def test_a_claim_at_the_limit(folder: Path, words: int) -> None:
    """With 48 places and three signs, a claim of 45 pieces leaves nothing for the passage."""
    model = nli.load(str(folder))
    assert len(model.logits([Pair("bird sings " * 9, "weight " * words), Pair("", "weight " * words)])) == 2


def test_the_limit_is_the_smallest_that_is_stated(tmp_path: Path, libraries: Any) -> None:
    large = made(tmp_path / "large", libraries, NLI, most=1024)
    assert len(nli.load(str(large))._encoded(Pair("bird " * 900, "a song"))["input_ids"]) == nli.LONGEST
    small = made(tmp_path / "small", libraries, NLI, most=1024)
    path = small / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"model_max_length": 20}), encoding="utf-8")
    assert len(nli.load(str(small))._encoded(Pair("bird " * 900, "a song"))["input_ids"]) == 20


def test_places_counted_from_behind_the_padding(tmp_path: Path, libraries: Any) -> None:
    shifted = made(tmp_path / "shifted", libraries, NLI, kind="Roberta", most=30, pad_token_id=0)
    model = nli.load(str(shifted))
    assert len(model._encoded(PAIRS[4])["input_ids"]) == 29
    assert len(model.logits(PAIRS)) == len(PAIRS)


def test_the_name_tells_the_weights_and_no_path(folder: Path) -> None:
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    model: SupportModel = nli.load(str(folder))
    assert model.name == f"hf:tiny@{digest[:12]}"


def test_loaded_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = nli.load(str(folder))
    monkeypatch.chdir(folder.parent)
    assert nli.load("tiny") is first
    assert nli.load("tiny", batch=2)._opened.model is first._opened.model
    assert nli.load("tiny", label="neutral").logits(PAIRS[:1]) != first.logits(PAIRS[:1])


def test_half_precision_is_read_as_single(tmp_path: Path, libraries: Any) -> None:
    half = made(tmp_path / "half", libraries, NLI)
    libraries.AutoModelForSequenceClassification.from_pretrained(half).half().save_pretrained(half)
    assert nli.load(str(half)).logits(PAIRS[:1]) == pytest.approx(nli.load(str(half), batch=1).logits(PAIRS[:1]), abs=1e-4)
    assert {str(weight.dtype) for weight in nli.load(str(half))._opened.model.parameters()} == {"torch.float32"}


def test_weights_in_several_files(tmp_path: Path, libraries: Any) -> None:
    whole = made(tmp_path / "whole", libraries, NLI)
    parts = tmp_path / "parts"
    libraries.AutoModelForSequenceClassification.from_pretrained(whole).save_pretrained(parts, max_shard_size="6KB")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(whole / name, parts / name)
    assert len(list(parts.glob("model-*.safetensors"))) > 1
    assert nli.load(str(parts)).logits(PAIRS) == pytest.approx(nli.load(str(whole)).logits(PAIRS), abs=1e-4)
    assert re.fullmatch(r"hf:parts@[0-9a-f]{12}", nli.load(str(parts)).name)


def test_labels_that_say_nothing_are_listed(tmp_path: Path, libraries: Any) -> None:
    unnamed = str(made(tmp_path / "unnamed", libraries, ["LABEL_0", "LABEL_1", "LABEL_2"]))
    with pytest.raises(ConfigError, match=r"means supported among LABEL_0, LABEL_1, LABEL_2; name one with label=$"):
        nli.load(unnamed)
    with pytest.raises(ConfigError, match=r"no label 'entailment' among LABEL_0, LABEL_1, LABEL_2; name one with label=$"):
        nli.load(unnamed, label="entailment")
    assert nli.load(unnamed, label="LABEL_2").probabilities(PAIRS[:1])


def test_answers_that_are_no_numbers(folder: Path, libraries: Any) -> None:
    model = libraries.AutoModelForSequenceClassification.from_pretrained(folder)
    model.classifier.bias.data.fill_(float("nan"))
    model.save_pretrained(folder)
    with pytest.raises(ModelError, match="not a number"):
        nli.load(str(folder)).logits(PAIRS)


def test_pickled_weights_are_refused(folder: Path, libraries: Any) -> None:
    torch = importlib.import_module("torch")
    state = libraries.AutoModelForSequenceClassification.from_pretrained(folder).state_dict()
    torch.save(state, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ConfigError, match=r"tiny: no weights in safetensors"):
        nli.load(str(folder))
    index = {"metadata": {}, "weight_map": dict.fromkeys(state, "pytorch_model.bin")}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"tiny: no weights in safetensors"):
        nli.load(str(folder))


def test_a_model_without_a_trained_classifier_is_refused(folder: Path, libraries: Any) -> None:
    libraries.AutoModelForSequenceClassification.from_pretrained(folder).bert.save_pretrained(folder)
    with pytest.raises(ConfigError, match=r"no trained classifier, its weights lack classifier\.bias"):
        nli.load(str(folder))


def test_code_that_comes_with_a_model_is_not_run(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "unheard", "auto_map": {"AutoConfig": "own.Config", "AutoModelForSequenceClassification": "own.Model"}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "own.py").write_text("import pathlib\npathlib.Path(__file__).with_name('ran').touch()\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="tiny: cannot be loaded"):
        nli.load(str(folder))
    assert not (folder / "ran").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", b"{"),
        ("config.json", b"{}"),
        ("config.json", b'{"model_type": "bert", "hidden_size": "wide"}'),
        ("tokenizer.json", b'{"version": "1.0", "trunc'),
        ("model.safetensors", b"version https://git-lfs.github.com/spec/v1\n"),
        ("model.safetensors", b""),
        ("adapter_config.json", b"{}"),
    ],
)
def test_damaged_files_give_one_line(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(ConfigError, match=r"\Asupport model tiny: [^\n]+\Z") as raised:
        nli.load(str(folder))
    assert str(folder) not in str(raised.value)


@pytest.mark.parametrize("name", ["./missing/folder", "/missing", "a/b/c", "~/model", "C:\\model", "https://example.org/model"])
def test_a_missing_folder(name: str, libraries: Any) -> None:
    with pytest.raises(ConfigError, match=r"no such folder$"):
        nli.load(name)


def test_arguments_that_cannot_be(folder: Path) -> None:
    with pytest.raises(ConfigError, match="a folder has no revisions"):
        nli.load(str(folder), revision="main")
    with pytest.raises(ConfigError, match="at least one pair"):
        nli.load(str(folder), batch=0)
    for device in ("nonsense", "cuda:77"):
        with pytest.raises(ConfigError, match=f"tiny: no device '{device}' here"):
            nli.load(str(folder), device=device)


@pytest.fixture
def cache(tmp_path: Path, libraries: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty cache of the hub, which itself is out of reach."""
    constants = importlib.import_module("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def test_a_model_of_the_hub_is_named_by_its_revision(cache: Path, libraries: Any) -> None:
    place = cache / "models--maker--tiny"
    made(place / "snapshots" / COMMIT, libraries, NLI)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(COMMIT, encoding="utf-8")
    model = nli.load("maker/tiny")
    assert model.name == f"hf:maker/tiny@{COMMIT}"
    assert nli.load("maker/tiny") is model
    assert len(model.probabilities(PAIRS)) == len(PAIRS)


def test_a_hub_out_of_reach(cache: Path) -> None:
    with pytest.raises(Unavailable, match=r"\Asupport model maker/absent: no such folder, and the hub cannot be reached \([^\n]+\)\Z"):
        nli.load("maker/absent")


@pytest.mark.parametrize("status", [401, 404, 403, 500])
def test_what_the_hub_answers(status: int, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub, errors = importlib.import_module("huggingface_hub"), importlib.import_module("huggingface_hub.utils")
    kinds = {401: errors.RepositoryNotFoundError, 404: errors.RevisionNotFoundError, 403: errors.GatedRepoError, 500: errors.HfHubHTTPError}
    kind = kinds[status]

    def refuse(*_: object, **asked: Any) -> None:
        assert not any("*.bin".endswith(pattern) or pattern in ("*", "*.py") for pattern in asked["allow_patterns"])
        raise kind.__new__(kind)

    monkeypatch.setattr(hub, "snapshot_download", refuse)
    said = {401: "no such model on the hub", 404: "no revision v2 on the hub", 403: "admitted", 500: "cannot be reached"}[status]
    with pytest.raises(ConfigError if status in (401, 404) else Unavailable, match=rf"\Asupport model maker/other: [^\n]*{said}"):
        nli.load("maker/other", revision="v2")
