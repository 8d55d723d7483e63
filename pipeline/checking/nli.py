"""Other support models: any cross-encoder for sequence classification in the form of Hugging Face, from a folder or from the hub.

The extra `nli` brings torch and transformers, which are imported when a model is loaded and not before. A model is data here:
weights are read from safetensors only, never from pickles, and no code that comes with a model is run. From the hub the files
are fetched first, and then read like a folder's, so that a report can name the very revision.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.checking.support import Calibration, Pair
from pipeline.checking.verdicts import Thresholds
from pipeline.errors import ConfigError, ModelError, Unavailable

LONGEST = 512  # word pieces of one input, whatever a model could take
UNCALIBRATED = Calibration(Thresholds(sure=0.95, keep=0.5, low=0.1))  # such models are seldom in doubt, also where they are wrong
_SHORTEST = 8  # a smaller limit in a model's files stands for none
_SUPPORTED = frozenset("entailment entailed entails supported supports support factual consistent".split())
_UNNAMED = ("label_{}", "{}")
_WEIGHTS, _SHARDS = "model.safetensors", "model.safetensors.index.json"
_FETCHED = ("*.json", "*.txt", "*.model", _WEIGHTS, "model-*.safetensors")
_HUB_NAME = re.compile(r"[a-z0-9][\w.-]*(?:/[\w.-]+)?", re.ASCII | re.IGNORECASE)
_MISSING = "support models of Hugging Face need torch and transformers: pip install 'sourcemark[nli]'"


def load(name: str, *, revision: str | None = None, device: str = "cpu", batch: int = 16, label: str | None = None) -> CrossEncoder:
    """Return the model of a local folder or a hub name, loaded once; `label` names the output that means supported.

    Unavailable without the extra or where the hub cannot be reached, ConfigError for a model that is missing or cannot be used.
    """
    _libraries()
    if batch < 1:
        raise ConfigError(f"support model {name}: a batch holds at least one pair")
    if Path(name).is_dir():
        if revision:
            raise ConfigError(f"support model {name}: a folder has no revisions")
        return _cross_encoder(Path(name).resolve(), "", device, batch, label)
    folder = _fetched(name, revision)
    return _cross_encoder(folder, f"{name}@{folder.name}", device, batch, label)


class CrossEncoder:
    """A model that reads a passage and a claim together, and how likely it says the one supports the other."""

    calibration = UNCALIBRATED

    def __init__(self, opened: _Opened, batch: int, label: str | None) -> None:
        self.name = f"hf:{opened.name}"
        self._opened = opened
        self._batch = batch
        self._column = _column(opened, label)

    def probabilities(self, pairs: Sequence[Pair]) -> list[float]:
        """Return how likely each passage supports its claim by the model itself, in [0, 1] and in order."""
        return [self.calibration.probability(logit) for logit in self.logits(pairs)]

    def logits(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the log-odds of support for each pair, in order."""
        encoded = [self._encoded(pair) for pair in pairs]
        order = sorted(range(len(pairs)), key=lambda index: len(encoded[index]["input_ids"]))
        found = [0.0] * len(pairs)
        for at in range(0, len(order), self._batch):
            chosen = order[at : at + self._batch]
            for index, value in zip(chosen, self._answers([encoded[index] for index in chosen]), strict=True):
                found[index] = round(value, 4)
        if not all(map(math.isfinite, found)):
            raise ModelError(f"support model {self.name}: its answer is not a number")
        return found

    def _encoded(self, pair: Pair) -> Any:
        """Return the word pieces, the passage first; it alone is cut to fit, unless the claim would not fit by itself."""
        tokenizer, limit = self._opened.tokenizer, self._opened.limit
        fits = len(tokenizer.tokenize(pair.claim)) < limit - tokenizer.num_special_tokens_to_add(pair=True)
        return tokenizer(pair.passage, pair.claim, truncation="only_first" if fits else "longest_first", max_length=limit)

    def _answers(self, encoded: Sequence[Any]) -> list[float]:
        """Return the log-odds of the supporting output against all others together; a single output is log-odds itself."""
        torch, model = self._opened.torch, self._opened.model
        with torch.inference_mode():
            held = self._opened.tokenizer.pad(list(encoded), return_tensors="pt").to(model.device)
            values = model(**held).logits.float()
            odds = values[:, self._column]
            if values.shape[1] > 1:
                others = [column for column in range(values.shape[1]) if column != self._column]
                odds = odds - values[:, others].logsumexp(dim=1)
            return [float(value) for value in odds.cpu()]


def supporting(labels: Sequence[str], label: str | None = None) -> int | None:
    """Return which of a model's labels means supported, or is the one asked for; None where that cannot be told.

    >>> supporting(["contradiction", "entailment", "neutral"]), supporting(["LABEL_0", "LABEL_1"]), supporting(["LABEL_0"])
    (1, 1, 0)
    >>> supporting(["LABEL_0", "LABEL_1", "LABEL_2"]), supporting(["LABEL_0", "LABEL_1", "LABEL_2"], "label_2")
    (None, 2)
    """
    folded = [text.strip().casefold() for text in labels]
    if label is None and 1 <= len(folded) <= 2 and any(folded == [form.format(at) for at in range(len(folded))] for form in _UNNAMED):
        return len(folded) - 1
    wanted = _SUPPORTED if label is None else {label.strip().casefold()}
    found = [index for index, text in enumerate(folded) if text in wanted]
    return found[0] if len(found) == 1 else None


class _Libraries(NamedTuple):
    torch: Any
    transformers: Any
    hub: Any
    errors: Any
    broken: tuple[type[BaseException], ...]
    """What they raise about files that are damaged or do not fit together."""


class _Opened(NamedTuple):
    torch: Any
    tokenizer: Any
    model: Any
    name: str
    limit: int


def _libraries() -> _Libraries:
    try:
        torch = importlib.import_module("torch")
        transformers = importlib.import_module("transformers")
        hub, errors = importlib.import_module("huggingface_hub"), importlib.import_module("huggingface_hub.utils")
        safetensors = importlib.import_module("safetensors")
        logging = importlib.import_module("transformers.utils.logging")
    except ImportError:
        raise Unavailable(_MISSING) from None
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    strict = getattr(importlib.import_module("huggingface_hub.errors"), "StrictDataclassError", ValueError)  # not in older ones
    broken = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, ImportError, safetensors.SafetensorError, strict)
    return _Libraries(torch, transformers, hub, errors, broken)


@functools.cache
def _fetched(name: str, revision: str | None) -> Path:
    """Return the folder in the hub's own cache, called by its revision; no pickle and no code is fetched."""
    if not _HUB_NAME.fullmatch(name):
        raise ConfigError(f"support model {name}: no such folder")
    libraries = _libraries()
    try:
        found = libraries.hub.snapshot_download(name, revision=revision, allow_patterns=list(_FETCHED), ignore_patterns=["*/*"])
    except libraries.errors.GatedRepoError:
        raise Unavailable(f"support model {name}: the hub gives it only to accounts that were admitted (hf auth login)") from None
    except (libraries.errors.RepositoryNotFoundError, libraries.errors.HFValidationError):
        raise ConfigError(f"support model {name}: no such folder, and no such model on the hub") from None
    except libraries.errors.RevisionNotFoundError:
        raise ConfigError(f"support model {name}: no revision {revision} on the hub") from None
    except (OSError, ValueError) as error:
        raise Unavailable(f"support model {name}: no such folder, and the hub cannot be reached ({type(error).__name__})") from None
    return Path(found)


@functools.cache
def _opened(folder: Path, known: str, device: str) -> _Opened:
    """Return model and tokenizer of a folder; `known` is the name with the revision, where there is one."""
    shown = known or folder.name
    weights = _weights(folder, shown)
    for path in sorted(folder.glob("*.json")):
        _read_json(path, shown)  # of some damaged ones the libraries speak in no error that could be told apart
    tokenizer, model = _built(folder, shown)
    if tokenizer.pad_token_id is None:
        raise ConfigError(f"support model {shown}: its tokenizer has no padding, so it is no cross-encoder")
    try:
        model = model.float().to(device).eval()
    except (RuntimeError, AssertionError):  # torch asserts that it was built for a device
        raise ConfigError(f"support model {shown}: no device {device!r} here") from None
    return _Opened(_libraries().torch, tokenizer, model, known or f"{folder.name}@{_digest(weights)}", _limit(tokenizer, model))


@functools.cache
def _cross_encoder(folder: Path, known: str, device: str, batch: int, label: str | None) -> CrossEncoder:
    return CrossEncoder(_opened(folder, known, device), batch, label)


def _built(folder: Path, shown: str) -> tuple[Any, Any]:
    """Return tokenizer and model, nothing fetched, no code of the folder run; every weight must come from the file."""
    place, libraries = str(folder), _libraries()
    classes = libraries.transformers
    try:
        tokenizer = classes.AutoTokenizer.from_pretrained(place, local_files_only=True, trust_remote_code=False)
        model, report = classes.AutoModelForSequenceClassification.from_pretrained(
            place, local_files_only=True, trust_remote_code=False, use_safetensors=True, output_loading_info=True
        )
    except libraries.broken as error:
        line = " ".join(str(error).replace(place, folder.name).split())
        raise ConfigError(f"support model {shown}: cannot be loaded ({type(error).__name__}: {line[:200]})") from None
    if lost := sorted(report["missing_keys"]):
        raise ConfigError(f"support model {shown}: no trained classifier, its weights lack {', '.join(lost[:3])}")
    return tokenizer, model


def _weights(folder: Path, shown: str) -> list[Path]:
    """Return the files of the weights, in the order of their names; ConfigError where they are not safetensors."""
    if (folder / "adapter_config.json").exists():
        raise ConfigError(f"support model {shown}: an adapter and not a whole model; merge it with its base first")
    names = [_WEIGHTS]
    if not (folder / _WEIGHTS).is_file() and (folder / _SHARDS).is_file():
        index = _read_json(folder / _SHARDS, shown)
        named = index.get("weight_map") if isinstance(index, dict) else None
        names = sorted({str(name) for name in named.values()}) if isinstance(named, dict) else []
    if not names or not all(re.fullmatch(r"[\w.-]+\.safetensors", name) and (folder / name).is_file() for name in names):
        raise ConfigError(f"support model {shown}: no weights in safetensors ({_WEIGHTS}); pickled ones (.bin, .pt) are never read")
    return [folder / name for name in names]


def _read_json(path: Path, shown: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise ConfigError(f"support model {shown}: {path.name} is damaged") from None


def _digest(weights: Sequence[Path]) -> str:
    """Return 12 hex digits of the sha256 of the weights; of several files, of one after the other."""
    whole = hashlib.sha256()
    for path in weights:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                whole.update(block)
    return whole.hexdigest()[:12]


def _limit(tokenizer: Any, model: Any) -> int:
    """Return how many word pieces fit; models like RoBERTa count their places from behind the padding's number."""
    places = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
    padding = getattr(places, "padding_idx", None)
    places_held = getattr(model.config, "max_position_embeddings", None) or 0
    stated = (tokenizer.model_max_length or 0, places_held - (0 if padding is None else padding + 1))
    return min([LONGEST, *(int(limit) for limit in stated if limit >= _SHORTEST)])


def _column(opened: _Opened, label: str | None) -> int:
    named = opened.model.config.id2label
    labels = [str(named[key]) for key in sorted(named, key=int)]
    found = supporting(labels, label)
    if found is None:
        why = "cannot tell which label means supported" if label is None else f"no label {label!r}"
        raise ConfigError(f"support model {opened.name}: {why} among {', '.join(labels)}; name one with label=")
    return found
