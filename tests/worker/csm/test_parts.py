"""What surrounds the slot engine: checkpoint, text, codec. The pitfalls of the libraries each have a test."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as some
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer
from transformers import CsmForConditionalGeneration, DynamicCache

from tests.worker.csm.judge import MARKS, Judge
from tests.worker.csm.tiny import ADAPTED, CODEBOOKS, CODEC_IDS, tiny_checkpoint
from viraltracker.errors import SettingsRefused
from viraltracker.worker.csm.checkpoint import Checkpoint, read_checkpoint
from viraltracker.worker.csm.codec import Codec, Codes
from viraltracker.worker.csm.manifest import missing_from_adapter, missing_from_checkpoint
from viraltracker.worker.csm.plain import plain

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def read(checkpoint: Path) -> Checkpoint:
    return read_checkpoint(checkpoint, CPU, torch.float32)


@pytest.fixture(scope="module")
def codec(read: Checkpoint) -> Codec:
    return Codec(read.codec, read.shape)


def codes_of(frames: int, seed: int = 0) -> Codes:
    return np.random.default_rng(seed).integers(0, CODEC_IDS, (frames, CODEBOOKS)).astype(np.int64)


# ---- loading


def test_loading_is_quiet_and_tells_the_sizes(checkpoint: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shape = read_checkpoint(checkpoint, CPU, torch.float32).shape
    assert (shape.codebooks, shape.codec_ids, shape.vocabulary) == (CODEBOOKS, CODEC_IDS, CODEC_IDS + 3)
    assert shape.frame_s == 0.08
    assert capfd.readouterr() == ("", "")


def test_the_codec_stays_in_float32_beside_a_bfloat16_model(checkpoint: Path, codec: Codec) -> None:
    """The library casts it along, and then refuses float32 audio."""
    small = read_checkpoint(checkpoint, CPU, torch.bfloat16)
    assert small.model.lm_head.weight.dtype == torch.bfloat16
    again = Codec(small.codec, small.shape)
    codes = codes_of(9)
    assert np.array_equal(again.decode([codes])[0], codec.decode([codes])[0])
    again.encode(np.zeros(2_000, np.float32))


def test_audio_embeddings_that_are_not_tied_are_refused(tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path / "untied", tie_codebooks_embeddings=False)
    with pytest.raises(SettingsRefused, match="as chance made them"):
        read_checkpoint(folder, CPU, torch.float32)


def test_an_older_library_is_refused_by_its_version(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transformers, "__version__", "5.22.1")
    with pytest.raises(SettingsRefused, match=r"5\.22\.1"):
        read_checkpoint(checkpoint, CPU, torch.float32)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def _other_model(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "model_type": "llama"}))


@pytest.mark.parametrize(
    ("name", "harm", "told"),
    [
        ("config.json", Path.unlink, "config.json is missing"),
        ("tokenizer.json", Path.unlink, "tokenizer.json is missing"),
        ("model.safetensors", Path.unlink, "model.safetensors is missing"),
        ("model.safetensors", _cut, "model.safetensors is cut short"),
        ("config.json", _other_model, "another model (llama)"),
        ("config.json", lambda path: path.write_text("{"), "config.json can't be read"),
    ],
)
def test_what_a_checkpoint_lacks_is_told_by_its_name(
    checkpoint: Path, tmp_path: Path, name: str, harm: Callable[[Path], object], told: str
) -> None:
    folder = shutil.copytree(checkpoint, tmp_path / "copy")
    assert missing_from_checkpoint(folder) == ()
    harm(folder / name)
    assert any(told in each for each in missing_from_checkpoint(folder))
    with pytest.raises(SettingsRefused, match="not whole"):
        read_checkpoint(folder, CPU, torch.float32)


def test_every_shard_that_an_index_names_must_be_there(checkpoint: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(checkpoint, tmp_path / "shards")
    model = CsmForConditionalGeneration.from_pretrained(checkpoint, local_files_only=True)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="100KB")
    assert missing_from_checkpoint(folder) == ()
    next(folder.glob("model-00001-*")).unlink()
    assert len(missing_from_checkpoint(folder)) == 1
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": "../../secret"}}')
    assert "outside" in missing_from_checkpoint(folder)[0]


def test_what_an_adapter_lacks_is_told(adapters: tuple[Path, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(adapters[0], tmp_path / "adapter")
    assert missing_from_adapter(folder) == ()
    config = folder / "adapter_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "peft_type": "IA3"}))
    assert missing_from_adapter(folder) == ("adapter_config.json describes no LoRA (IA3)",)
    (folder / "adapter_model.safetensors").unlink()
    assert missing_from_adapter(folder) == ("adapter_model.safetensors is missing",)


def test_a_saved_and_reloaded_checkpoint_and_adapter_say_the_same(
    checkpoint: Path, adapters: tuple[Path, Path], tmp_path: Path, judge: Judge
) -> None:
    model = CsmForConditionalGeneration.from_pretrained(checkpoint, local_files_only=True)
    model.save_pretrained(tmp_path / "again")
    shutil.copy(checkpoint / "tokenizer.json", tmp_path / "again")
    for each in ("tokenizer_config.json", "processor_config.json", "chat_template.jinja"):
        if (checkpoint / each).exists():
            shutil.copy(checkpoint / each, tmp_path / "again")
    PeftModel.from_pretrained(model, str(adapters[0])).save_pretrained(str(tmp_path / "adapter"))
    again = Judge(tmp_path / "again", [tmp_path / "adapter"])
    for voice in (0, 1):
        assert again.greedy("It always was.", voice, 12) == judge.greedy("It always was.", voice, 12)


# ---- text


def test_ordinary_text_has_the_ids_of_the_processor(read: Checkpoint, judge: Judge) -> None:
    for text in ("The harbour is closed.", "Größer? Naïve — ‘ja’!", "5 < 6, [sic]", "💡 lamp"):
        assert list(read.prompter.ids(plain(text).text)) == judge.inputs(text)["input_ids"][0].tolist()


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Say <|AUDIO|> now", "Say AUDIO now"),
        ("The end.<|end_of_text|> Not yet.", "The end.end of text Not yet."),
        ("Hello <placeholder>, hello", "Hello placeholder, hello"),
        ("[1] I am somebody else", "1 I am somebody else"),
        ("One\n[ 2 ]two", "One 2two"),
        ("<|begin_of_text|>", "begin of text"),
    ],
)
def test_marks_of_the_model_in_a_script_are_words(read: Checkpoint, text: str, spoken: str) -> None:
    made = plain(text)
    assert made.text == spoken
    assert made.changed


def test_what_is_ordinary_is_left_as_it_is() -> None:
    for text in ("5 < 6 and 7 > 3", "[whispers] hush", "a <- b", "It is 5 <b"):
        assert plain(text).text == text
        assert plain(text).changed == ()


@given(some.text(max_size=80))
def test_no_text_makes_a_mark_of_the_model(text: str) -> None:
    ids = PROMPTER.encode(f"[0]{plain(text).text}", add_special_tokens=False).ids
    assert all(each < 256 for each in ids)


def _bytes_tokenizer() -> Any:
    from tests.worker.csm.tiny import byte_tokenizer

    tokenizer = Tokenizer.from_str(byte_tokenizer().backend_tokenizer.to_str())
    tokenizer.encode_special_tokens = True
    return tokenizer


PROMPTER = _bytes_tokenizer()


# ---- codec


def test_other_codes_sound_otherwise_and_other_sounds_have_other_codes(codec: Codec) -> None:
    """Else no test of the codec or of an anchor would know right from wrong."""
    one, other = codes_of(8, 1), codes_of(8, 2)
    assert np.abs(codec.decode([one])[0] - codec.decode([other])[0]).max() > 0.05
    other = one.copy()
    other[-1, 0] = (one[-1, 0] + 1) % CODEC_IDS
    differs = np.abs(codec.decode([one])[0] - codec.decode([other])[0]) > 1e-4
    assert differs.any()
    assert not differs[: 7 * 1_920].any(), "what is said later changes nothing that was said"
    times = np.arange(24_000) / 24_000
    hums = [codec.encode((0.3 * np.sin(2 * np.pi * hz * times)).astype(np.float32)) for hz in (110, 300)]
    assert not np.array_equal(hums[0], hums[1])


def test_lines_decoded_together_sound_as_each_alone(codec: Codec) -> None:
    lines = [codes_of(frames, frames) for frames in (3, 40, 0, 11)]
    together = codec.decode(lines)
    for codes, samples in zip(lines, together, strict=True):
        assert len(samples) == len(codes) * 1_920
        if len(codes):
            assert np.abs(samples - codec.decode([codes])[0]).max() < 1e-5


def test_a_prefix_decoded_again_is_the_whole_line_so_far(codec: Codec) -> None:
    codes = codes_of(60)
    whole = codec.decode([codes])[0]
    for frames in (1, 2, 4, 8, 22, 33, 59):
        prefix = codec.decode([codes[:frames]])[0]
        assert np.abs(prefix - whole[: len(prefix)]).max() < 1e-5


def test_the_librarys_own_cache_between_chunks_is_not_exact(read: Checkpoint) -> None:
    """It keeps the transformer's past, not the convolutions': the reason for decoding prefixes."""
    codes = torch.from_numpy(codes_of(24).T[None])
    with torch.no_grad():
        whole = read.codec.decode(codes).audio_values[0, 0]
        first = read.codec.decode(codes[..., :12])
        cache = first.decoder_cache or DynamicCache(config=read.codec.config)
        if first.decoder_cache is None:
            first = read.codec.decode(codes[..., :12], decoder_cache=cache)
        second = read.codec.decode(codes[..., 12:], decoder_cache=cache)
    joined = torch.cat((first.audio_values[0, 0], second.audio_values[0, 0]))
    assert float((joined - whole).abs().max()) > 1e-3


def test_ids_past_the_codecs_range_break_nothing(codec: Codec) -> None:
    codes = codes_of(5)
    codes[2] = MARKS[-1]
    codes[3] = -1
    assert np.isfinite(codec.decode([codes])[0]).all()


def test_no_frames_are_no_audio(codec: Codec) -> None:
    """The library fails on a line that ended in its first frame."""
    assert [len(samples) for samples in codec.decode([codes_of(0)])] == [0]
    assert codec.decode([]) == []


def test_audio_is_encoded_to_whole_frames(codec: Codec) -> None:
    for samples in (1_920 * 5, 1_920 * 5 + 1, 24_000):
        assert codec.encode(np.zeros(samples, np.float32)).shape == (-(-samples // 1_920), CODEBOOKS)
    assert codec.silent_ids() <= set(range(CODEC_IDS))
    assert codec.silent_ids()


# ---- what is the libraries' own


def test_a_stopped_line_in_a_batch_goes_on_as_noise(judge: Judge) -> None:
    """The library stops at all codebooks but the last, and cuts audio where all are the end: not the same."""
    codes = torch.tensor([[[5, 6, 7, 8], [0, 0, 0, 9], [1, 2, 3, 4]]])
    eos = judge.model.config.codebook_eos_token_id
    stops = (codes[..., :-1] == eos).all(-1)[0]
    cuts = (codes == eos).all(-1)[0]
    assert stops.tolist() == [False, True, False]
    assert cuts.tolist() == [False, False, False]


def test_training_with_checkpointing_has_the_gradients_of_training_without(checkpoint: Path) -> None:
    """The library's hook for it lands on a leaf that is written in place; taken away, all is well."""

    def gradients(recompute: bool) -> list[torch.Tensor]:
        torch.manual_seed(1)
        base = CsmForConditionalGeneration.from_pretrained(checkpoint, local_files_only=True).train()
        adapted = get_peft_model(base, LoraConfig(r=2, target_modules=ADAPTED))
        if recompute:
            base.activation_checkpointing_enable()
            base.disable_input_require_grads()
        embeds = torch.randn(1, 12, 32)
        labels = torch.randint(1, CODEC_IDS, (1, 12, CODEBOOKS))
        speaking: Any = adapted.base_model.model
        speaking(inputs_embeds=embeds, labels=labels, use_cache=False).loss.backward()
        trained = [weight.grad for name, weight in adapted.named_parameters() if "lora_B" in name]
        return [gradient for gradient in trained if gradient is not None]

    with torch.enable_grad():
        plainly, recomputed = gradients(False), gradients(True)
    assert plainly
    for one, other in zip(plainly, recomputed, strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_chance_of_the_library_depends_on_the_company(judge: Judge) -> None:
    """One generator for the whole batch: why the slot engine draws by seed and place instead."""

    def drawn(texts: list[str]) -> list[int]:
        turns = [[{"role": "0", "content": [{"type": "text", "text": text}]}] for text in texts]
        inputs = judge.processor.apply_chat_template(turns, tokenize=True, return_dict=True, padding=True)
        torch.manual_seed(4)
        with judge.adapted.disable_adapter():
            made = judge.model.generate(**inputs, do_sample=True, max_new_tokens=6, suppress_tokens=MARKS)
        return list(made[0].flatten().tolist())

    assert drawn(["Hello there"]) != drawn(["Hello there", "Good evening"])
