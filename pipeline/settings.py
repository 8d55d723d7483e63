"""Settings from `sourcemark.toml` and the environment (`SOURCEMARK_...`), and the folders of a workspace."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from pipeline.errors import ConfigError
from pipeline.records import Severity

FILE = "sourcemark.toml"
MEGABYTE = 1_000_000
Budget = Annotated[Decimal, Field(ge=0)] | Literal["none"]


class OwnPrice(BaseModel):
    """Dollars a million tokens of a model, as a workspace states them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    write_5m: Decimal | None = Field(default=None, ge=0)
    write_1h: Decimal | None = Field(default=None, ge=0)
    read: Decimal | None = Field(default=None, ge=0)


class Settings(BaseSettings):
    """What a workspace may set; every name is also an environment variable `SOURCEMARK_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="SOURCEMARK_", env_nested_delimiter="__", extra="forbid", frozen=True)

    writer: Literal["extractive", "claude"] = "extractive"
    model: str = "claude-sonnet-5-5"
    """Model that drafts, and rewrites what failed."""
    effort: Literal["", "low", "medium", "high", "xhigh", "max"] = ""
    """How much the writer may think; the service's own choice where it is empty."""
    passages: int = Field(default=40, ge=5, le=400)
    """Sentences of the sources that the writer is given for each part, with what stands around them."""
    citations: bool = True
    """Whether the service gives citations as pointers; where it does not, the writer names passages in JSON."""
    delivery: Literal["tool_result", "document"] = "tool_result"
    """How source text is delivered: as the result of a tool, which models are trained to read as data, or as documents."""
    judge: Literal["auto", "none", "unsure", "all"] = "auto"
    """When a model judges a citation: where the cheaper layers are unsure, wherever no rule settled it, or never; `auto` is `unsure`
    with the Claude writer and `none` without."""
    judge_model: str = "claude-haiku-5-5"
    judge_effort: Literal["", "low", "medium", "high", "xhigh", "max"] = "low"
    batches: Literal["auto", "always", "never"] = "auto"
    """Whether the judge is asked through batches, at half the price and within a day; `auto`: when `regenerate` runs."""
    batch_poll: float = Field(default=30, gt=0)
    """Seconds between two looks at a batch."""
    calls: int = Field(default=8, ge=1, le=200)
    """Calls of a model at the same time, in one process."""
    call_timeout: float = Field(default=600, gt=0)
    """Seconds for one call, all of its tries together."""
    stall_timeout: float = Field(default=90, gt=0)
    """Seconds of silence after which an answer is given up."""
    retry_after_cap: float = Field(default=60, ge=0)
    """The most seconds that are waited where the service asks to wait."""
    budget_run: Budget = Decimal(5)
    """Dollars that one run may spend; a call that could pass a budget is not made."""
    budget_day: Budget = "none"
    """Dollars that all runs of this workspace may spend in one day (UTC)."""
    budget_article: Budget = "none"
    """Dollars that one article may ever spend."""
    prices: dict[str, OwnPrice] = {}
    """Dollars a million tokens of models that have no published price here, or another one."""
    sentences: str = "sourcemark"
    """What finds sentence boundaries: our own component, or the name of an installed spaCy pipeline, of which only they are used."""
    support: str = "sourcemark"
    """Support model of the checker: the one that ships, `none`, or `hf:` and a Hugging Face cross-encoder (its name or folder)."""
    max_source_mb: float = Field(default=20, gt=0)
    fetch_timeout: float = Field(default=30, gt=0)
    """Seconds for one address, all of its tries together."""
    fetch_workers: int = Field(default=8, ge=1, le=64)
    """Sources that are fetched at the same time."""
    host_connections: int = Field(default=2, ge=1, le=16)
    host_interval: float = Field(default=1.0, ge=0)
    """Seconds between two requests to one host; a third of it for the services' interfaces."""
    network: bool = True
    """Whether anything may be asked for outside this machine."""
    allow_loopback: bool = False
    """Whether addresses of this machine may be fetched: for tests and local mirrors."""
    contact: str = Field(default="", pattern=r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$")
    """E-mail address that the services are told; Unpaywall asks for one."""
    providers: tuple[str, ...] | None = None
    """Names of the providers to ask; all that are installed where it is not set, none for an empty list."""
    keys: dict[str, SecretStr] = {}
    """Key of a service by the name of its provider."""
    endpoints: dict[str, str] = {}
    """Base address of a service by the name of its provider, where it is not the public one."""
    retry_after_hours: float = Field(default=24, ge=0)
    """Hours after which a source that gave no text is tried again."""
    refresh_after_days: float = Field(default=7, ge=0)
    """Days after which `regenerate` looks at a source again."""
    regenerate_after_days: int = Field(default=90, ge=1)
    gate: Severity | Literal["none"] = Severity.ERROR
    """Findings of this severity and above stop a version from being published."""
    fail_on: Severity | Literal["none"] = Severity.ERROR
    """Findings of this severity and above make the exit code 1."""

    @property
    def judged(self) -> Literal["none", "unsure", "all"]:
        """Return when a model judges, `auto` resolved."""
        if self.judge == "auto":
            return "unsure" if self.writer == "claude" else "none"
        return self.judge

    @property
    def models(self) -> set[str]:
        """Return the models that these settings may ask."""
        return {name for name, used in ((self.model, self.writer == "claude"), (self.judge_model, self.judged != "none")) if used}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


class Workspace:
    """The folders of one workspace; `root` holds `sourcemark.toml`."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.sources = self.root / "sources"
        self.published = self.root / "published"
        self.ledger = self.root / ".sourcemark"
        self.settings = _load(self.root / FILE)

    @classmethod
    def find(cls, start: Path) -> Workspace:
        """Return the workspace that holds `start`, searching upwards; ConfigError where there is none."""
        for folder in (start.resolve(), *start.resolve().parents):
            if (folder / FILE).is_file():
                return cls(folder)
        raise ConfigError(f"no {FILE} in {start} or above: run `sourcemark init DIR` and work inside DIR")


def _load(path: Path) -> Settings:
    class Local(Settings):
        model_config = SettingsConfigDict(toml_file=path)

    try:
        return Local()
    except ValidationError as error:
        first = error.errors()[0]
        # Which of two kinds of value was meant is pydantic's business, not the reader's.
        parts = [str(part) for part in first["loc"] if str(part) != "decimal" and not str(part).startswith("literal[")]
        field = ".".join(parts)
        raise ConfigError(f"{path.name} or SOURCEMARK_{'__'.join(parts).upper()}: {field}: {first['msg']}") from None
    except ValueError as error:  # TOML syntax
        raise ConfigError(f"{path}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
