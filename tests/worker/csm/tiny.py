"""A CSM of a hundred thousand weights with its codec and tokeniser, as `transformers` saves the real one.

    folder = tiny_checkpoint(tmp_path / "checkpoint")
    adapter = tiny_adapter(folder, tmp_path / "adapter", seed=1)

Every part is the real one's, only small: 4 codebooks of 64 ids, 1920 samples a frame, byte tokens. Its
weights are chance, so what it says is noise; which noise depends on every weight, text and anchor.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
from transformers import (
    CsmConfig,
    CsmDepthDecoderConfig,
    CsmForConditionalGeneration,
    CsmProcessor,
    EncodecFeatureExtractor,
    MimiConfig,
    PreTrainedTokenizerFast,
)

__all__ = [
    "ADAPTED",
    "CODEBOOKS",
    "CODEC_IDS",
    "byte_tokenizer",
    "tiny_adapter",
    "tiny_checkpoint",
    "tiny_model",
]

CODEBOOKS = 4
CODEC_IDS = 64
ADAPTED = (
    r"(backbone_model|depth_decoder\.model)\.layers\.\d+\."
    r"(self_attn\.(q|k|v|o)_proj|mlp\.(gate|up|down)_proj)"
)
"""What an adapter changes. Bare names like `q_proj` would hit the codec's transformers too."""

_SPECIAL = ("<|begin_of_text|>", "<|end_of_text|>", "<|AUDIO|>", "<|audio_eos|>", "<|pad|>")
_CHAT = (
    "{% for message in messages %}{{ bos_token }}[{{ message['role'] }}]"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'text' %}{{ part['text'] }}<|end_of_text|>"
    "{% elif part['type'] == 'audio' %}<|AUDIO|><|audio_eos|>{% endif %}"
    "{% endfor %}{% endfor %}"
)


def tiny_checkpoint(folder: Path, seed: int = 7, **config: Any) -> Path:
    """Write the checkpoint into `folder`: weights, configuration, processor and tokeniser; the folder.

    `config`: values of `CsmConfig` instead.
    """
    tokenizer = byte_tokenizer()
    tiny_model(tokenizer, seed, **config).save_pretrained(folder)
    features = EncodecFeatureExtractor(feature_size=1, sampling_rate=24_000)
    CsmProcessor(features, tokenizer, chat_template=_CHAT).save_pretrained(folder)
    # The published one says so, though its audio embeddings are tied.
    described = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**described, "tie_word_embeddings": False}))
    return folder


def tiny_model(tokenizer: PreTrainedTokenizerFast, seed: int, **config: Any) -> CsmForConditionalGeneration:
    """The model with weights that `seed` draws, five times as wide as usual, so that ties are far."""
    torch.manual_seed(seed)
    model = CsmForConditionalGeneration(_config(tokenizer, config)).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() > 1 and not name.startswith("codec_model"):
                weight.mul_(5)
        _teach(model.codec_model)
        _even_out(model.codec_model)
    model.generation_config.update(
        do_sample=True, temperature=0.9, top_k=50, max_new_tokens=125, eos_token_id=None
    )
    model.depth_decoder.generation_config.update(do_sample=True, temperature=0.9, top_k=50)
    return model


def tiny_adapter(
    checkpoint: Path, folder: Path, seed: int, rank: int = 4, changes: Mapping[str, Any] | None = None
) -> Path:
    """Write a peft adapter for `checkpoint` that changes what it says; the folder."""
    torch.manual_seed(seed)
    base = CsmForConditionalGeneration.from_pretrained(checkpoint, local_files_only=True)
    wanted = {"r": rank, "lora_alpha": 2 * rank, "target_modules": ADAPTED, **(changes or {})}
    adapted = get_peft_model(base, LoraConfig(**wanted))
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_" in name:
                weight.normal_(0, 0.1)
    adapted.save_pretrained(str(folder))
    return folder


def _teach(codec: Any) -> None:
    """Give the codec codebooks: as chance leaves them every sound is one code, and every code one sound.

    They are what its encoder makes of noises and hums, so that sounds differ in their codes.
    """
    times = torch.arange(24_000 * 8) / 24_000
    swell = torch.linspace(0.02, 1, len(times))
    hums = torch.sin(2 * torch.pi * torch.cumsum(80 + 900 * swell, 0) / 24_000)
    heard = codec.encoder(torch.cat((torch.randn(len(times)) * swell, hums * swell))[None, None]).latents
    quantizer = codec.quantizer
    for part in (quantizer.semantic_residual_vector_quantizer, quantizer.acoustic_residual_vector_quantizer):
        left = part.input_proj(heard)[0].T
        for layer in part.layers:
            book = layer.codebook
            book.embed_sum.copy_(left[torch.randperm(len(left))[:CODEC_IDS]])
            left = left - book.decode(book.encode(left))


def _even_out(codec: Any) -> None:
    """Chance makes a loud codec with a bias; of that only the first frames' order would be heard."""
    sound = codec.decode(torch.randint(0, CODEC_IDS, (1, CODEBOOKS, 50))).audio_values
    last = codec.decoder.decoder_seanet.layers[-1].conv
    gain = 0.1 / sound.std()
    last.bias.sub_(sound.mean()).mul_(gain)
    last.weight.mul_(gain)


def _config(tokenizer: PreTrainedTokenizerFast, changes: Mapping[str, Any]) -> CsmConfig:
    codec = MimiConfig(
        hidden_size=16,
        num_filters=2,
        upsampling_ratios=[8, 6, 5, 4],
        codebook_size=CODEC_IDS,
        codebook_dim=8,
        vector_quantization_hidden_dimension=8,
        num_quantizers=CODEBOOKS,
        num_semantic_quantizers=1,
        upsample_groups=16,
        num_hidden_layers=1,
        intermediate_size=32,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
        sliding_window=32,
        max_position_embeddings=512,
    )
    depth = CsmDepthDecoderConfig(
        num_codebooks=CODEBOOKS,
        backbone_hidden_size=32,
        vocab_size=CODEC_IDS + 3,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=CODEBOOKS + 1,
    )
    said: dict[str, Any] = {
        "num_codebooks": CODEBOOKS,
        "vocab_size": CODEC_IDS + 3,
        "text_vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2048,
        "pad_token_id": tokenizer.pad_token_id,
        "codebook_pad_token_id": CODEC_IDS + 2,
        "codebook_eos_token_id": 0,
        "bos_token_id": tokenizer.bos_token_id,
        "audio_token_id": tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
        "audio_eos_token_id": tokenizer.convert_tokens_to_ids("<|audio_eos|>"),
        "depth_decoder_config": depth,
        "codec_config": codec,
        # The real model's: scaled so that a long context can be told apart, unlike the plain formula.
        "rope_parameters": {
            "rope_type": "llama3",
            "rope_theta": 500_000.0,
            "factor": 32.0,
            "high_freq_factor": 0.5,
            "low_freq_factor": 0.125,
            "original_max_position_embeddings": 256,
        },
    }
    return CsmConfig(**{**said, **changes})


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """A token for each byte, and the model's marks."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={char: at for at, char in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens([AddedToken(each, special=True, normalized=False) for each in _SPECIAL])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|begin_of_text|>",
        eos_token="<|end_of_text|>",
        pad_token="<|pad|>",
        padding_side="left",
    )
