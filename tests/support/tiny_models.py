"""Very small models with the architectures of the preset `hub` and random weights.

The weights are large, so that the output depends on the input.
"""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
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

from tests.support.tiny_tokenizers import TAGS, byte_pairs, word_pieces

SPREAD = 0.2  # standard deviation of the random weights
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "max_position_embeddings": 64,
}


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


def saved_classifier(folder: Path) -> Path:
    """A DistilBERT with two classes."""
    return save(classifier(), bert_tokenizer(), folder)


def saved_tagger(folder: Path) -> Path:
    """A BERT with the labels of names."""
    return save(tagger(), bert_tokenizer(), folder)


def saved_writer(folder: Path) -> Path:
    """A BART."""
    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return save(writer(), fast(byte_pairs(), **names), folder)
