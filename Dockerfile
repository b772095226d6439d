# The program, and the certificates by which it knows servers; a release's context has
# the program for each platform.
FROM scratch
ARG TARGETPLATFORM
COPY release/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY $TARGETPLATFORM/emikit /usr/bin/emikit
ENV PATH=/usr/bin HOME=/ TMPDIR=/
EXPOSE 8773 8443
ENTRYPOINT ["/usr/bin/emikit"]
