package io.kiln.endtoend;

import io.kiln.ingest.IngestListener;
import io.kiln.ingest.IngestProgress;
import io.kiln.ingest.Refusal;

/** Says nothing while images are sent. */
final class NoListener implements IngestListener {
    @Override
    public void progress(IngestProgress progress) {}

    @Override
    public void refused(Refusal refusal) {}
}
