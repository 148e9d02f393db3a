"""A description of a loaded model, for answers and logs."""

from typing import Annotated, Final, Literal

from pydantic import Field

from app.core.languages import UNDETERMINED, reads
from app.core.values import Value

_NAMED: Final = 5  # languages in a message


class ModelInfo(Value):
    """The name, revision, library and device of a loaded model."""

    stage: Annotated[str, Field(examples=["sentiment"])]
    model: Annotated[str, Field(description="`embedded`, a folder, or a hub id")]
    revision: Annotated[
        str, Field(description="the hub's commit, or the file's SHA-256, shortened")
    ]
    backend: Literal["onnx", "torch", "extractive"]
    device: Annotated[str, Field(examples=["cpu"])]
    dtype: Annotated[str, Field(examples=["int8"])]
    languages: Annotated[
        tuple[str, ...],
        Field(examples=[["en"]], description="that it reads; empty if not stated"),
    ] = ()

    def unread(self, language: str) -> str:
        """A sentence that says that it does not read this language; empty if it does."""
        if reads(self.languages, language):
            return ""
        more = len(self.languages) - _NAMED
        named = ", ".join(self.languages[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        found = "an unknown language" if language == UNDETERMINED else language
        return f"the model reads {named}; the article is in {found}"
