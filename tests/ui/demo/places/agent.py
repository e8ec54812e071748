"""Streamlit's own widgets, to see that they fit in."""

import streamlit as st

from viraltracker.ui.frame import page_body, page_head


@st.dialog("Export")
def export() -> None:
    """A dialog with what pages put into one."""
    st.write("Two beats have no picked take.")
    st.radio("Beats without a pick", ["Refuse", "Leave them out"])
    st.text_input("File name", "lighthouse-diaries-ep-3")
    st.selectbox("Preset", ["Podcast mono", "Podcast stereo"])
    st.button("Export now", type="primary")
    st.button("Not now")


with page_head("Agent", "A place of the demo"):
    with st.popover("Upload"):
        st.file_uploader("A script", type=["els"])
        st.button("Take it", type="primary")
    if st.button("Export…"):
        export()
with page_body():
    st.error("ElevenLabs refused the key. Set another in ELEVENLABS_API_KEY.", icon=":material/error:")
    st.info("Nothing is paid twice.")
    st.text_area("Text", "The fog has opinions.")
    left, right = st.columns(2)
    left.slider("Speed", 0.7, 1.2, 1.0)
    right.number_input("Seed", 0, 100, 7)
    st.toggle("Stereo")
    st.checkbox("With chapters")
    st.chat_input("Ask the agent")
