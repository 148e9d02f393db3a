from app.config.batching import BatchSettings


def test_two_batches_run_at_the_same_time_but_one_in_torch() -> None:
    backends = ("onnx", "extractive", "torch")
    assert [BatchSettings().concurrent(backend) for backend in backends] == [2, 2, 1]
    assert BatchSettings(max_concurrent_batches=3).concurrent("torch") == 3


def test_the_default_token_budget_is_larger_on_a_gpu_and_one_row_in_onnx_runtime() -> None:
    """An explicit number applies to every device and backend."""
    where = [("cpu", "onnx"), ("cpu", "torch"), ("cuda:0", "torch")]
    assert [BatchSettings().budget(*one).tokens for one in where] == [1, 1024, 16_384]
    assert {BatchSettings(max_batch_tokens=512).budget(*one).tokens for one in where} == {512}


def test_padding_is_nearly_free_on_a_gpu_and_not_on_a_cpu() -> None:
    """See `Budget`: a pass of few tokens takes a GPU as long as one of thousands."""
    assert BatchSettings().budget("cpu", "torch").padding == 16
    assert BatchSettings().budget("cuda:0", "torch").padding == 8192
