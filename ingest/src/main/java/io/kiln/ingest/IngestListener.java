package io.kiln.ingest;

/** Follows a run of {@link Ingest}. Called by the thread that runs it, often: be quick. */
public interface IngestListener {
    /** Something went on. */
    void progress(IngestProgress progress);

    /** Something was not sent; it is in the summary too. */
    void refused(Refusal refusal);
}
