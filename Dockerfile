FROM swift:6.3.1-bookworm AS build
RUN apt-get update -q \
    && apt-get install -qy --no-install-recommends \
        libssl-dev zlib1g-dev libopenblas-pthread-dev libfast-float-dev libdragonbox-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /nabla
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --product nabla --static-swift-stdlib \
    && mkdir /out \
    && strip -o /out/nabla .build/release/nabla \
    && cp -r .build/release/nabla_GradientService.resources /out/

FROM debian:bookworm-slim
RUN apt-get update -q \
    && apt-get install -qy --no-install-recommends libssl3 zlib1g libopenblas0-pthread libstdc++6 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log
COPY --from=build /out /opt/nabla
USER 65532:65532
ENV NABLA_HOST=0.0.0.0 NABLA_PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/opt/nabla/nabla", "healthcheck"]
ENTRYPOINT ["/opt/nabla/nabla"]
CMD ["serve"]
