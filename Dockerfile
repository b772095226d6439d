# The program and nothing else; a release's context has it for each platform.
FROM scratch
ARG TARGETPLATFORM
COPY $TARGETPLATFORM/emikit /usr/bin/emikit
ENV PATH=/usr/bin HOME=/ TMPDIR=/
EXPOSE 8773 8443
ENTRYPOINT ["/usr/bin/emikit"]
