"""Very small models with the architectures of the preset `hub` and random weights.

Their tokenizers have the vocabulary of one page. The weights are large, so that the output depends
on the input.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForTokenClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from app.models.classifier import Classifier
from app.models.seq2seq import Seq2Seq

TEXT = """Ada Lovelace was born in London. She was the daughter of Lord Byron, the poet.
In 1833 Ada met Charles Babbage at a party. Babbage's engine was never finished, and he was angry.
She wrote notes on the Analytical Engine of Charles Babbage. They were printed in London in 1843.
The Science Museum in London built the Difference Engine. A computer language was named after her.
"""
SENTENCES = [line for line in TEXT.replace(". ", ".\n").splitlines() if line]
TAGS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC")
SPREAD = 0.2  # standard deviation of the random weights
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "max_position_embeddings": 64,
}


def word_pieces() -> Tokenizer:
    """A tokenizer like BERT's: its vocabulary has the repeated words, and every letter."""
    splitter = pre_tokenizers.BertPreTokenizer()
    words = Counter(word for word, _ in splitter.pre_tokenize_str(TEXT))
    letters = sorted(set("".join(words)))
    known = [word for word, count in words.items() if count > 1]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = dict.fromkeys([*special, *letters, *(f"##{one}" for one in letters), *known])
    vocabulary = {piece: at for at, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = splitter
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def byte_pairs() -> Tokenizer:
    """A tokenizer like BART's: its vocabulary has the words, and every byte."""
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words = dict.fromkeys(word for word, _ in splitter.pre_tokenize_str(TEXT))
    merges = dict.fromkeys((word[:at], word[at]) for word in words for at in range(1, len(word)))
    letters = sorted(splitter.alphabet())
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = dict.fromkeys([*special, *letters, *(a + b for a, b in merges)])
    vocabulary = {piece: at for at, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [*merges], unk_token="<unk>"))
    tokenizer.add_special_tokens(special)
    tokenizer.pre_tokenizer = splitter
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), add_prefix_space=False
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def rows(model: Classifier | Seq2Seq) -> list[list[int]]:
    """The sentences as rows of token ids."""
    encode = model.encoder.tokenizer.encode
    return [encode(one, add_special_tokens=False).ids for one in SENTENCES]


def fast(tokenizer: Tokenizer, **special: str) -> PreTrainedTokenizerFast:
    """The tokenizer in the class that transformers saves."""
    untyped: Any = PreTrainedTokenizerFast
    wrapped: PreTrainedTokenizerFast = untyped(
        tokenizer_object=tokenizer, model_max_length=64, **special
    )
    return wrapped


def bert_tokenizer() -> PreTrainedTokenizerFast:
    """`word_pieces` in the class that transformers saves."""
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]"}
    return fast(word_pieces(), **names, sep_token="[SEP]", mask_token="[MASK]")


def classifier(labels: tuple[str, ...] = ("NEGATIVE", "POSITIVE")) -> PreTrainedModel:
    """A text classifier like distilbert-base-uncased-finetuned-sst-2-english."""
    torch.manual_seed(1)
    config = DistilBertConfig(
        vocab_size=word_pieces().get_vocab_size(),
        dim=32,
        hidden_dim=64,
        n_heads=2,
        n_layers=2,
        max_position_embeddings=64,
        initializer_range=SPREAD,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    return DistilBertForSequenceClassification(config)


def tagger() -> PreTrainedModel:
    """A token classifier like bert-base-NER."""
    torch.manual_seed(2)
    config = BertConfig(
        vocab_size=word_pieces().get_vocab_size(),
        initializer_range=SPREAD,
        id2label=dict(enumerate(TAGS)),
        label2id={label: number for number, label in enumerate(TAGS)},
        **SIZES,
    )
    return BertForTokenClassification(config)


def writer() -> PreTrainedModel:
    """A summarizer like distilbart-cnn-12-6."""
    torch.manual_seed(3)
    config = BartConfig(
        vocab_size=byte_pairs().get_vocab_size(),
        d_model=32,
        encoder_layers=2,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=64,
        init_std=SPREAD,
    )
    return BartForConditionalGeneration(config)


def save(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> Path:
    """Save both to a folder, in the hub's layout."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def classifier_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `classifier`."""
    return save(classifier(), bert_tokenizer(), tmp_path_factory.mktemp("classifier"))


@pytest.fixture(scope="session")
def tagger_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `tagger`."""
    return save(tagger(), bert_tokenizer(), tmp_path_factory.mktemp("tagger"))


@pytest.fixture(scope="session")
def writer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `writer`."""
    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return save(writer(), fast(byte_pairs(), **names), tmp_path_factory.mktemp("writer"))
