# Stand-in for the official image of Prometheus: the same paths, user and default flags; make.sh prepares the context.
FROM debian:bookworm-slim
COPY packages/usr/bin/prometheus packages/usr/bin/promtool packages/bin/busybox /bin/
RUN ln -s busybox /bin/wget
COPY packages/etc/prometheus/console_libraries /usr/share/prometheus/console_libraries
COPY packages/etc/prometheus/consoles /usr/share/prometheus/consoles
COPY packages/usr/share/prometheus/web /usr/share/prometheus/web
COPY prometheus.yml /etc/prometheus/prometheus.yml
WORKDIR /prometheus
RUN chown -R nobody:nogroup /etc/prometheus /prometheus
USER nobody
EXPOSE 9090
VOLUME /prometheus
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", \
     "--storage.tsdb.path=/prometheus", \
     "--web.console.libraries=/usr/share/prometheus/console_libraries", \
     "--web.console.templates=/usr/share/prometheus/consoles"]
