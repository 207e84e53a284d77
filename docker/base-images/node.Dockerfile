# Stand-in for the official image of Node.js; make.sh prepares the build's context.
FROM debian:bookworm-slim
ARG AUTHORITIES
ENV NODE_EXTRA_CA_CERTS=${AUTHORITIES}
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
COPY local /usr/local
CMD ["node"]
