"""Small tokenizers like those of the preset `hub`, with the vocabulary of one page."""

from collections import Counter
from collections.abc import Sequence

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
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


def uncased(pieces: Sequence[str]) -> Tokenizer:
    """An uncased BERT tokenizer with this vocabulary."""
    vocabulary = {piece: row for row, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
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
    """The sentences as tokens."""
    encode = model.encoder.tokenizer.encode
    return [encode(one, add_special_tokens=False).ids for one in SENTENCES]
