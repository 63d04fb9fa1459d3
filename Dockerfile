# syntax=docker/dockerfile:1
# One image for every process; the command says which one it is.
#
#   docker build -t clm .
#   docker build -t clm-boosters --build-arg EXTRAS=worker,http .     # no torch: a tenth of the size
#   docker build -t clm-cpu --build-arg PIP_ARGS='--extra-index-url URL' .   # URL: CPU builds of torch

FROM python:3.11-slim AS build
ARG EXTRAS=worker,http,neural
ARG PIP_ARGS=""
WORKDIR /src
RUN python -m venv /opt/clm

# The libraries change seldom and the code often: they get a layer of their own, filled from the
# packages' empty shells.
COPY pyproject.toml constraints.txt LICENSE README.md* ./
RUN mkdir clm producers worker \
    && for package in clm producers worker; do echo '__version__ = "0"' > $package/__init__.py; done \
    && /opt/clm/bin/pip install --no-cache-dir --constraint constraints.txt $PIP_ARGS ".[$EXTRAS]" \
    && /opt/clm/bin/pip uninstall --yes continuous-learning-manager
COPY . .
RUN /opt/clm/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
# LightGBM links against the OpenMP runtime, which the slim image lacks.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 clm \
    && install --directory --owner=clm --group=clm /data /data/artifacts /data/market
COPY --from=build /opt/clm /opt/clm
COPY config worker/demo.yaml /etc/clm/
ENV PATH=/opt/clm/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/data/compiled \
    CLM_CONFIG=/etc/clm/clm_config.yaml
USER clm
WORKDIR /data

# A process is fit to work when its own configuration loads and its server answers.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["clm", "doctor"]
ENTRYPOINT ["clm"]
CMD ["--help"]
