"""The base of all groups of settings: unknown keys are errors, renamed keys are still read."""

import warnings
from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class StrictSettings(BaseModel):
    """A group of settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    renamed: ClassVar[Mapping[str, str]] = {}
    """Old keys and their new names. Old keys are still read, with a warning."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: object) -> object:
        return cls.completed(cls._with_new_keys(data)) if isinstance(data, dict) else data

    @classmethod
    def completed(cls, given: dict[str, object]) -> dict[str, object]:
        """The given keys with the values that they imply; for groups to override."""
        return given

    @classmethod
    def _with_new_keys(cls, given: dict[str, object]) -> dict[str, object]:
        for old, new in cls.renamed.items():
            if old in given and new in given:
                raise ValueError(f"{old} is the old name of {new}: give only {new}")
            if old in given:
                warnings.warn(f"{old} is deprecated: use {new}", FutureWarning, stacklevel=2)
        return {cls.renamed.get(key, key): value for key, value in given.items()}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        keys = handler.resolve_ref_schema(schema).get("properties", {})
        for old, new in cls.renamed.items():
            description = f"old name of `{new}`"
            keys[old] = {**keys[new], "description": description, "deprecated": True}
        return schema
