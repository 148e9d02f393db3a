# The image of wiki-digest, built by `make image`. Two variants:
#   the default                   ONNX models, no torch
#   --build-arg EXTRAS=hub        with torch and transformers; TORCH_INDEX chooses CPU or CUDA wheels
# `make image` sets the base images by digest (deploy/image/bases).
ARG BUILDER_IMAGE=python:3.11-bookworm
ARG RUNTIME_IMAGE=python:3.11-slim-bookworm

FROM ${RUNTIME_IMAGE} AS runtime

FROM ${BUILDER_IMAGE} AS builder
ARG EXTRAS=
ARG TORCH_INDEX=
WORKDIR /src
COPY deploy/image deploy/image
# All packages are checked against the hashes of the lock, and what is built from source is built by packages
# that are checked as well.
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes -r deploy/image/build.lock \
    && /opt/build/bin/pip wheel --require-hashes --no-deps --no-build-isolation --wheel-dir /opt/wheelhouse \
       -r "deploy/image/${EXTRAS:-base}.lock"
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY app app
# The venv has no pip. Torch, whose index is chosen, is installed by its
# version. Unused parts are removed: Ray's jars (for Java), RLlib, the asynchronous client of Kubernetes, NumPy's
# tests, and of lxml all but its parsers.
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv --without-pip /opt/wiki-digest \
    && /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /opt/wheelhouse . \
    && pip="/opt/build/bin/pip --python /opt/wiki-digest/bin/python" \
    && sed '/--hash=/d; s/ \\$//' "deploy/image/${EXTRAS:-base}.lock" > /opt/pins.txt \
    && $pip install --no-index --find-links /opt/wheelhouse --no-deps --no-warn-script-location \
       -r /opt/pins.txt wiki-digest \
    && if [ "$EXTRAS" = hub ]; then \
         $pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -c requirements.lock torch; fi \
    && $pip check \
    && cd /opt/wiki-digest/lib/python3*/site-packages && rm -r ray/jars ray/rllib kubernetes/aio numpy/*/tests \
       lxml/html lxml/includes lxml/isoschematron lxml/objectify*

# The inventory of the image, for `make sbom`: CPython (which the base image may have built itself), its packages, and
# Debian's.
FROM builder AS inventory
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv /opt/sbom && /opt/sbom/bin/pip install --require-hashes -r deploy/image/sbom.lock
COPY --from=runtime /var/lib/dpkg /opt/runtime/var/lib/dpkg
ARG VERSION=unknown
RUN python=$(/opt/wiki-digest/bin/python -c 'import platform; print(platform.python_version())') \
    && sed "s/VERSION/$python/" deploy/image/cpython.cdx.json > /opt/cpython.cdx.json \
    && cd /opt/sbom/bin && ./cyclonedx-py environment --pyproject /src/pyproject.toml \
       --output-file /opt/python.cdx.json /opt/wiki-digest/bin/python \
    && ./debsbom generate --sbom-type cdx --root /opt/runtime --out /opt/debian \
    && ./debsbom merge --sbom-type cdx --distro-name wiki-digest --distro-version "$VERSION" \
       --out /sbom /opt/python.cdx.json /opt/cpython.cdx.json /opt/debian.cdx.json

FROM scratch AS sbom
COPY --from=inventory /sbom.cdx.json /

FROM runtime
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
# Ray would give its workers less of a busy node's CPU than everything else has (a niceness of 15).
# Nothing but api.trusted_proxies reads X-Forwarded-For: uvicorn would trust a peer on 127.0.0.1.
# Large texts leave a process at once when they are freed; else glibc keeps 200 MB of them.
# GPUs are hidden from replicas that request none.
# Serve's own headers are removed from requests (app/serving/header_filter.py).
# A replica that fails its health checks does not finish its requests: others get them at once.
# Ray's own ports need a token. It is not in the image: Ray makes one in /tmp, or KubeRay mounts one.
ENV PATH=/opt/wiki-digest/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RAY_AUTH_MODE=token \
    RAY_USAGE_STATS_ENABLED=0 \
    RAY_worker_niceness=0 \
    MALLOC_MMAP_THRESHOLD_=1048576 \
    FORWARDED_ALLOW_IPS= \
    RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO=1 \
    RAY_SERVE_ENABLE_HA_PROXY=1 \
    RAY_SERVE_HAPROXY_BINARY_PATH=/opt/wiki-digest/bin/wiki-digest-haproxy \
    RAY_SERVE_THROUGHPUT_OPTIMIZED=1 \
    RAY_SERVE_FORCE_STOP_UNHEALTHY_REPLICAS=1 \
    RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH=app.serving.header_filter:middlewares \
    RAY_SERVE_HAPROXY_NBTHREAD=1 \
    RAY_SERVE_HAPROXY_RETRY_ON="conn-failure empty-response response-timeout" \
    RAY_SERVE_HAPROXY_TIMEOUT_CONNECT_S=1 \
    RAY_SERVE_HAPROXY_HEALTH_CHECK_INTER=1s \
    RAY_SERVE_HAPROXY_OBSERVE_ERROR_LIMIT=1 \
    RAY_SERVE_HAPROXY_RETRIES=8
USER 1000:1000
WORKDIR /tmp
EXPOSE 8000
CMD ["wiki-digest", "serve", "--host", "0.0.0.0"]
