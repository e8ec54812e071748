"""Places in samples: exact, gapless, and without drift over any number of beats."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from viraltracker.audio import EPISODE_RATE_HZ
from viraltracker.episode import EDGE_FADE_MS, EpisodeBeat, lay_out
from viraltracker.units import Samples, ms_of, samples_of

BEATS = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(1, 20_000_000)), st.integers(0, 11_000)), max_size=60
).map(
    lambda rows: [
        EpisodeBeat(
            f"{n:02d}_b", n, f"Beat {n}", ("fed",), pause, None if length is None else Samples(length)
        )
        for n, (length, pause) in enumerate(rows)
    ]
)


@given(BEATS)
def test_every_clip_starts_where_the_sums_before_it_end(beats: list[EpisodeBeat]) -> None:
    clips = {clip.source: clip for clip in lay_out(beats).clips}
    spoken, paused_ms = 0, 0
    for beat in beats:
        if beat.take_length is not None:
            clip = clips.pop(beat.id)
            assert clip.start == spoken + samples_of(paused_ms, EPISODE_RATE_HZ)
            assert clip.length == beat.take_length
            spoken += clip.length
        paused_ms += beat.trailing_pause_ms
    assert not clips


@given(BEATS)
def test_the_whole_is_the_sum_of_its_parts(beats: list[EpisodeBeat]) -> None:
    timeline = lay_out(beats)
    spoken = sum(beat.take_length or 0 for beat in beats)
    paused_ms = sum(beat.trailing_pause_ms for beat in beats)
    assert timeline.length == spoken + samples_of(paused_ms, EPISODE_RATE_HZ)


@given(BEATS)
def test_every_gap_is_its_pause_to_a_sample(beats: list[EpisodeBeat]) -> None:
    clips = lay_out(beats).clips
    spoken = [number for number, beat in enumerate(beats) if beat.take_length is not None]
    for (first, second), (here, there) in zip(pairwise(spoken), pairwise(clips), strict=True):
        pause_ms = sum(beat.trailing_pause_ms for beat in beats[first:second])
        assert abs((there.start - here.end) - samples_of(pause_ms, EPISODE_RATE_HZ)) <= 1


@given(BEATS)
def test_chapters_cover_the_episode_without_gaps(beats: list[EpisodeBeat]) -> None:
    timeline = lay_out(beats)
    at_ms = 0
    for chapter in timeline.chapters:
        assert chapter.start_ms == at_ms
        assert chapter.end_ms > at_ms
        at_ms = chapter.end_ms
    assert at_ms == timeline.duration_ms
    named = [chapter.beat_id for chapter in timeline.chapters]
    lasting = [b.id for b in beats if ms_of(b.take_length or 0, EPISODE_RATE_HZ) + b.trailing_pause_ms > 0]
    assert set(named) >= {b.id for b in beats if (b.take_length or 0) > 44 or b.trailing_pause_ms}
    assert [beat_id for beat_id in lasting if beat_id in named] == [n for n in named if n in lasting]


def test_a_thousand_odd_pauses_never_drift() -> None:
    beats = [EpisodeBeat(f"b{n}", n, "", (), 333, Samples(1)) for n in range(1000)]
    assert lay_out(beats).length == 1000 + samples_of(333_000, EPISODE_RATE_HZ)


def test_a_silent_beat_is_a_chapter_and_no_clip() -> None:
    beats = [
        EpisodeBeat("01_talk", 1, "Talk", ("fed",), 300, Samples(44_100)),
        EpisodeBeat("02_rest", 2, "", (), 900, None),
        EpisodeBeat("03_nothing", 3, "Nothing", (), 0, None),
    ]
    timeline = lay_out(beats)
    assert [clip.source for clip in timeline.clips] == ["01_talk"]
    assert [(c.title, c.start_ms, c.end_ms) for c in timeline.chapters] == [
        ("Talk", 0, 1300),
        ("02_rest", 1300, 2200),
    ]


def test_clips_get_short_fades_against_clicks() -> None:
    (clip,) = lay_out([EpisodeBeat("b", 1, "", (), 0, Samples(44_100), gain_db=-3.0)]).clips
    assert clip.fade_in == clip.fade_out == samples_of(EDGE_FADE_MS, EPISODE_RATE_HZ)
    assert clip.gain_db == -3.0


def test_nothing_is_an_empty_timeline() -> None:
    assert lay_out([]).duration_ms == 0
