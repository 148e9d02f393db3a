# The image of wiki-digest, built by `make image`. Two variants:
#   the default                   ONNX models, no torch
#   --build-arg EXTRAS=hub        with torch and transformers; TORCH_INDEX chooses CPU or CUDA wheels
ARG BUILDER_IMAGE=python:3.11-bookworm
ARG RUNTIME_IMAGE=python:3.11-slim-bookworm

FROM ${BUILDER_IMAGE} AS builder
ARG EXTRAS=
ARG TORCH_INDEX=
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY app app
# The venv has no pip, so the image has no installer. Unused parts are removed: Ray's jars (for Java),
# RLlib, the asynchronous client of Kubernetes, and NumPy's tests.
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv --without-pip /opt/wiki-digest \
    && python3 -m pip --python /opt/wiki-digest/bin/python install --no-warn-script-location \
       ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -c requirements.lock ".[k8s${EXTRAS:+,$EXTRAS}]" \
    && cd /opt/wiki-digest/lib/python3*/site-packages && rm -r ray/jars ray/rllib kubernetes/aio numpy/*/tests

FROM ${RUNTIME_IMAGE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="wiki-digest" \
      org.opencontainers.image.description="A term in, a digest of its Wikipedia article out: a model graph on Ray Serve." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN useradd --uid 1000 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin wiki-digest
COPY --from=builder /opt/wiki-digest /opt/wiki-digest
# The throughput-optimized mode needs HAProxy: without it, worker pods have no proxy. One thread of HAProxy is enough for a pod of one or two cores.
# HAProxy retries requests of a dead replica: they have no side effects.
# GPUs are hidden from replicas that request none.
# Serve's own headers are removed from requests (app/serving/header_filter.py).
# Ray's own ports need a token. It is not in the image: Ray makes one in /tmp, or KubeRay mounts one.
ENV PATH=/opt/wiki-digest/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RAY_AUTH_MODE=token \
    RAY_USAGE_STATS_ENABLED=0 \
    RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO=1 \
    RAY_SERVE_ENABLE_HA_PROXY=1 \
    RAY_SERVE_THROUGHPUT_OPTIMIZED=1 \
    RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH=app.serving.header_filter:middlewares \
    RAY_SERVE_HAPROXY_NBTHREAD=1 \
    RAY_SERVE_HAPROXY_RETRY_ON="conn-failure empty-response" \
    RAY_SERVE_HAPROXY_TIMEOUT_CONNECT_S=1 \
    RAY_SERVE_HAPROXY_HEALTH_CHECK_INTER=1s
USER 1000:1000
WORKDIR /tmp
EXPOSE 8000
CMD ["wiki-digest", "serve", "--host", "0.0.0.0"]
