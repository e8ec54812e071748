"""What the studio knows of engines behind voice workers, and what it asks of them in their own words."""

import pytest

from viraltracker.speech import SpeechRequest
from viraltracker.speech.worker.families import as_worker_takes_it, options_of, support_of


@pytest.mark.parametrize(("stability", "temperature"), [(0.0, 1.2), (0.5, 0.9), (1.0, 0.6), (7.0, 0.6)])
def test_stability_is_csms_temperature(stability: float, temperature: float) -> None:
    asked = SpeechRequest("Hello.", "default", model="csm/anna", stability=stability)
    assert as_worker_takes_it(asked).options == {"temperature": temperature}


def test_a_temperature_set_by_hand_stays() -> None:
    asked = SpeechRequest(
        "Hello.", "default", model="csm/anna", stability=1.0, options={"temperature": 1.4, "top_k": 9.0}
    )
    assert as_worker_takes_it(asked) == asked


def test_other_families_are_asked_as_they_are() -> None:
    for model in ("piper/hum", "espeak/espeak-ng", None):
        asked = SpeechRequest("Hello.", "default", model=model, stability=0.1)
        assert as_worker_takes_it(asked) == asked


def test_what_a_family_does_is_known_without_asking() -> None:
    assert support_of("csm/anna")["stability"] == "approximated"
    assert support_of("csm/anna")["speed"] == "approximated"
    assert support_of("csm/anna")["style"] == "not used"
    assert support_of("tone/tone")["seed"] == "honoured"
    assert support_of(None)["seed"] == "not used"
    assert options_of("csm/anna")["temperature"] == (0.0, 1.5)
    assert options_of("unheard/of") == {}
