# Two stages from one lock: the first fetches wheels by their hashes and builds the project's own, the second installs them.
# There is no embedded PostgreSQL in the image: FORBEAR_DATABASE_URL and FORBEAR_SECRET_KEY are required.
FROM python:3.11-slim AS build
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# Extras of the project, separated by blanks: docker build --build-arg EXTRAS="otel rabbitmq"
ARG EXTRAS=""
COPY requirements.lock pyproject.toml LICENSE ./
COPY .ci/subset .ci/subset
RUN python .ci/subset hatchling >builds.txt \
    && python .ci/subset $EXTRAS >runs.txt \
    && pip download --quiet --require-hashes --only-binary :all: --dest wheels -r builds.txt
RUN python -m venv builder \
    && builder/bin/pip install --quiet --no-index --find-links wheels --require-hashes -r builds.txt \
    && python -m venv /opt/forbear \
    && /opt/forbear/bin/pip install --quiet --no-index --find-links wheels --require-hashes -r runs.txt
COPY channels channels
COPY policies policies
COPY documents documents
COPY service service
RUN builder/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir own . \
    && /opt/forbear/bin/pip install --quiet --no-deps --no-index own/*.whl \
    && /opt/forbear/bin/pip uninstall --quiet --yes pip

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin forbear
COPY --from=build /opt/forbear /opt/forbear
ENV PATH=/opt/forbear/bin:$PATH PYTHONUNBUFFERED=1 FORBEAR_HOST=0.0.0.0 FORBEAR_PORT=8080 FORBEAR_LOG_FORMAT=json
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
STOPSIGNAL SIGTERM
# Alive, not ready: a database that is away must not restart every process. A load balancer asks /readyz.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['FORBEAR_PORT'] + '/healthz', timeout=2)"]
ENTRYPOINT ["forbear"]
CMD ["serve", "--no-worker"]
