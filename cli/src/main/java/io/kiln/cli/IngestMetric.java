package io.kiln.cli;

/** What {@code kiln ingest --metrics-port} shows Prometheus. */
public enum IngestMetric {
    SENT("kiln_ingest_images_total", "counter", "images that the broker has stored"),
    SENT_BYTES("kiln_ingest_bytes_total", "counter", "bytes of these images"),
    REFUSED(
            "kiln_ingest_refused_total",
            "counter",
            "files that were not sent; the label reason says why"),
    LAST_SENT(
            "kiln_ingest_last_image_seconds",
            "gauge",
            "when the newest of these images was stored, in seconds since 1970; 0 before the first");

    private final String key;
    private final String type;
    private final String about;

    IngestMetric(String key, String type, String about) {
        this.key = key;
        this.type = type;
        this.about = about;
    }

    /** Its name in Prometheus. */
    public String key() {
        return key;
    }

    /** Its type, in Prometheus' words. */
    public String type() {
        return type;
    }

    /** What it shows. */
    public String about() {
        return about;
    }
}
