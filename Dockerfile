# syntax=docker/dockerfile:1
# Packages follow the release of Debian, which only mends.
# hadolint global ignore=DL3008
# Three stages: what the dependencies are, build them and then the binary, and the small image that runs it.

FROM rust:1.95-slim-bookworm AS tools
RUN apt-get update \
 && apt-get install -y --no-install-recommends build-essential cmake nasm pkg-config libcfitsio-dev \
 && rm -rf /var/lib/apt/lists/* \
 && cargo install --locked --version 0.1.78 cargo-chef
WORKDIR /build

FROM tools AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM tools AS build
# `--build-arg FEATURES=camera-raw` reads camera raws, with a decoder under the LGPL 2.1.
ARG FEATURES=""
# Backtraces keep their names; what tells lines, too, is five times as large as the program.
ENV CARGO_PROFILE_RELEASE_STRIP=debuginfo
COPY --from=plan /build/recipe.json recipe.json
# Depends on Cargo.toml and Cargo.lock alone: a change in src/ does not compile the dependencies again.
RUN cargo chef cook --release --locked --bin trifocal --features "$FEATURES" --recipe-path recipe.json
COPY . .
RUN cargo build --release --locked --bin trifocal --features "$FEATURES"

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates ffmpeg libcfitsio10 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 1888 trifocal \
 && useradd --uid 1888 --gid trifocal --home-dir /data --no-create-home --shell /usr/sbin/nologin trifocal \
 && install -d -o trifocal -g trifocal /data /captures /archive
COPY --from=build /build/target/release/trifocal /usr/local/bin/trifocal
COPY docker/trifocal.toml /etc/trifocal/trifocal.toml
# As a number, which an orchestrator can tell from root.
USER 1888:1888
WORKDIR /data
VOLUME ["/data"]
EXPOSE 1888
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["trifocal", "healthcheck"]
ENTRYPOINT ["trifocal"]
CMD ["serve", "--config", "/etc/trifocal/trifocal.toml"]
