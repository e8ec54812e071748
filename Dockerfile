# The studio and its job workers, one image: `viraltracker studio` unless another command is given.
# docs/deployment.md tells what it wants to be told, compose.yaml how the parts go together.
FROM python:3.12-slim AS made
WORKDIR /made
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY .streamlit/config.toml .streamlit/secrets.example.toml .streamlit/
COPY viraltracker viraltracker
COPY pages pages
COPY sql sql
COPY examples examples
RUN python -m venv /opt/viraltracker \
    && /opt/viraltracker/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/viraltracker --create-home viraltracker
COPY --from=made /opt/viraltracker /opt/viraltracker
ENV PATH=/opt/viraltracker/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    VIRALTRACKER_DATA=/var/lib/viraltracker
# By number, so that whoever forbids root can see that it isn't.
USER 10001
WORKDIR /var/lib/viraltracker
VOLUME /var/lib/viraltracker
EXPOSE 8501
HEALTHCHECK --start-period=60s --interval=15s --timeout=5s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8501/health', timeout=4)"]
ENTRYPOINT ["viraltracker"]
CMD ["studio", "--no-browser"]
