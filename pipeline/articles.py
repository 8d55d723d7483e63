"""Reading `article.yaml` and `sources.yaml`; every error names file, line and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline.errors import ConfigError, OutsideWorkspace, SourceError
from pipeline.records import Line, Record, Slug, Source

Model = TypeVar("Model", bound=Record)


GIVEN = {"key_terms": "terms", "table": "rows", "questions": "questions", "callout": "text"}
"""What an outline may give of a section; a writer with a model can also work from the brief alone."""


class Style(Record):
    """How the article is written."""

    sentences_per_section: int = Field(default=6, ge=1, le=40)
    notes: str = Field(default="", max_length=1000)
    """What a writer with a model is told of the house style: spelling, tone, words to avoid."""

    @property
    def told(self) -> str:
        """Return the notes in one line, or what is meant where there are none."""
        return " ".join(self.notes.split()) or "plain and neutral, short sentences, no jargon where a plain word will do."


class Section(Record):
    """One section of the outline, with its brief."""

    heading: Line
    brief: str = ""
    form: Literal["prose", "key_terms", "table", "questions", "callout"] = "prose"
    terms: tuple[Line, ...] = ()
    columns: tuple[Line, ...] = ()
    rows: tuple[Line, ...] = ()
    questions: tuple[Line, ...] = ()
    text: str = ""

    @model_validator(mode="after")
    def _filled(self) -> Section:
        needs = GIVEN.get(self.form)
        if not self.brief and not (needs and getattr(self, needs)):
            raise ValueError(f"a section of form `{self.form}` needs {f'`{needs}` or ' if needs else ''}`brief`")
        if self.form == "table" and len(self.columns) < 2:
            raise ValueError("a section of form `table` needs at least two `columns`")
        return self


class Plan(Record):
    """`article.yaml`: what to write."""

    title: Line
    kind: str = ""
    discipline: str = ""
    tradition: str = ""
    audience: str = ""
    summary_brief: str = ""
    style: Style = Style()
    outline: tuple[Section, ...] = Field(min_length=1)
    see_also: tuple[Line, ...] = ()


class _SourceList(Record):
    sources: tuple[Source, ...]

    @field_validator("sources")
    @classmethod
    def _some(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        if not sources:
            raise ValueError("the list is empty: an article needs a source, with `id` and `title` at least")
        return sources

    @model_validator(mode="after")
    def _unique(self) -> _SourceList:
        seen: set[str] = set()
        for source in self.sources:
            if source.id in seen:
                raise ValueError(f"two sources have the id `{source.id}`")
            seen.add(source.id)
        return self


class Article(NamedTuple):
    """An article's folder, read."""

    slug: Slug
    folder: Path
    plan: Plan
    sources: tuple[Source, ...]


def read(folder: Path) -> Article:
    """Read `article.yaml` and `sources.yaml` of a folder; ConfigError names file, line and field."""
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; an article is a folder with article.yaml and sources.yaml")
    plan = _validated(folder / "article.yaml", Plan)
    slug = folder.resolve().name
    try:
        named = Source(id=slug, title=slug)
    except ValidationError:
        raise ConfigError(f"{folder}: the folder's name must be lower-case letters, digits and hyphens") from None
    return Article(named.id, folder.resolve(), plan, read_sources(folder))


def read_sources(folder: Path) -> tuple[Source, ...]:
    """Read `sources.yaml` of a folder."""
    return _validated(folder / "sources.yaml", _SourceList).sources


def inside(folder: Path, relative: str) -> Path:
    """Return the path of a source's text below its article's folder; OutsideWorkspace where it leaves it."""
    try:
        path = (folder / relative).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name that no file can have
        raise SourceError(f"{relative!r}: {error}") from None
    if not path.is_relative_to(folder.resolve()):
        raise OutsideWorkspace(f"{relative}: leaves {folder}; a source's text must lie below its article's folder")
    return path


def _validated(path: Path, model: type[Model]) -> Model:
    data = _yaml(path)
    if not isinstance(data, dict):
        raise ConfigError(f"{path}:1: expected fields, found {type(data).__name__}")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        location = first["loc"]
        field = ".".join(str(part + 1 if isinstance(part, int) else part) for part in location)
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{path}:{_line(data, location)}: {field or 'file'}: {message}") from None


def _yaml(path: Path) -> Any:
    try:
        return YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}:1: not UTF-8 text") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}:{line}: {(error.problem or 'not YAML').splitlines()[0]}") from None
    except YAMLError as error:
        raise ConfigError(f"{path}:1: {str(error).splitlines()[0]}") from None


def _line(data: Any, location: tuple[int | str, ...]) -> int:
    """Return the 1-based line of the deepest part of `location` that the file has."""
    line = 1
    for part in location:
        place = getattr(data, "lc", None)  # ruamel keeps line and column there
        if place is None:
            break
        try:
            line = (place.key if isinstance(data, dict) else place.item)(part)[0] + 1
            data = data[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return line
