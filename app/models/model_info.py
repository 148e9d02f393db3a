"""A description of a loaded model, for answers and logs."""

from typing import Annotated, Literal

from pydantic import Field

from app.core.values import Value


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
