"""The Agent page's dialog for the model: its name, and where it answers. Keys stay in the environment."""

import streamlit as st

from viraltracker.agent.models import NOT_YOURS, chosen_model, save_choice
from viraltracker.studio import LOCAL_USER
from viraltracker.ui.desk import mended, run, studio, told

__all__ = ["model_dialog"]

_KEYS = (
    "Keys are never shown or stored here: set ANTHROPIC_API_KEY, OPENAI_API_KEY, GOOGLE_API_KEY or your "
    "provider's own in the environment of the studio; VIRALTRACKER_AGENT_API_KEY is for a server with a base "
    "URL that wants one."
)


@st.dialog("The agent's model")
def model_dialog() -> None:
    """Set it, or say that the environment does."""
    settings, records, owner = studio().settings, studio().records, studio().owner
    choice = run(chosen_model(settings, records, owner))
    fixed = owner != LOCAL_USER or (choice is not None and choice.source == "environment")
    model = st.text_input(
        "Model",
        choice.model if choice else "",
        placeholder="anthropic:claude-sonnet-4-5, openai:gpt-5, qwen3:8b",
        disabled=fixed,
        key="agent-model",
    )
    address = st.text_input(
        "Base URL of an OpenAI-compatible server",
        (choice.base_url or "") if choice else "",
        placeholder="http://127.0.0.1:11434/v1 for Ollama; empty for a provider's own",
        disabled=fixed,
        key="agent-base-url",
    )
    if owner != LOCAL_USER:
        st.info(NOT_YOURS)
        return
    st.caption(_KEYS)
    if fixed:
        st.info("Set in the environment by VIRALTRACKER_AGENT_MODEL, so it can't be changed here.")
    elif st.button("Save", type="primary", key="agent-save"):
        with mended():
            run(save_choice(settings, records, owner, model, address))
            told(f"{model.strip()} answers from now on." if model.strip() else "No model is set.")
            st.rerun()
