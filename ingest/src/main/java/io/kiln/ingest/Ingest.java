package io.kiln.ingest;

import io.kiln.images.ImageFormat;
import io.kiln.ingest.IngestOptions.Unrecognised;
import io.kiln.ingest.Refusal.Reason;
import io.kiln.schemas.ImageRecord;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.producer.Callback;

/**
 * Sends what sources hold. A file that is no image, is too large or cannot be read is refused and
 * named, and the run goes on; a broker that stops taking images ends it.
 *
 * <pre>{@code
 * try (ImageProducer producer = ImageProducer.open(config)) {
 *     IngestOptions options = IngestOptions.of(config.ingest());
 *     IngestSummary summary =
 *             new Ingest(producer, options).run(List.of(PathSource.of(folder)), listener);
 * }
 * }</pre>
 */
public final class Ingest {
    private static final String UNRECOGNISED = "application/octet-stream";

    /** How often a listener hears of images that are waited for. */
    private static final Duration MOMENT = Duration.ofMillis(100);

    private final ImageProducer producer;
    private final IngestOptions options;
    private final SentBefore sentBefore;
    private final int maxImageBytes;

    /** A run that sends all it finds. */
    public Ingest(ImageProducer producer, IngestOptions options) {
        this(producer, options, SentBefore.nothing());
    }

    /** A run that passes over what it has sent before. */
    public Ingest(ImageProducer producer, IngestOptions options, SentBefore sentBefore) {
        this.producer = producer;
        this.options = options;
        this.sentBefore = sentBefore;
        this.maxImageBytes = Math.toIntExact(options.maxImageBytes().bytes());
    }

    /**
     * Sends everything. If the thread is interrupted, it stops reading, waits for what is on its
     * way, and returns with the thread's interrupt flag set; a second interrupt ends the waiting.
     *
     * @throws IngestException if the broker stops taking images, naming the first one lost, or a
     *     source as a whole cannot be used
     */
    public IngestSummary run(List<? extends ImageSource> sources, IngestListener listener) {
        Deliveries deliveries = new Deliveries(producer.destination(), producer.patience());
        Tally tally = new Tally(deliveries, listener);
        boolean complete = send(sources, deliveries, tally);
        complete &= arrived(deliveries, tally);
        if (!complete) {
            Thread.currentThread().interrupt();
        }
        return tally.summary(!complete);
    }

    /** Returns false if interrupted. */
    private boolean send(List<? extends ImageSource> sources, Deliveries deliveries, Tally tally) {
        TotalInput total = new TotalInput(sources, tally::totalInputBytes);
        try {
            for (ImageSource source : sources) {
                source.visit(new Sending(deliveries, tally));
            }
            return true;
        } catch (InterruptedException e) {
            return false;
        } catch (IngestException e) {
            // If it was the source that failed: what was read before it did still arrives.
            if (!arrived(deliveries, tally)) {
                Thread.currentThread().interrupt();
            }
            throw e;
        } finally {
            total.stop();
        }
    }

    /** Waits for what is on its way. Returns false if interrupted. */
    private static boolean arrived(Deliveries deliveries, Tally tally) {
        try {
            while (deliveries.await(MOMENT)) {
                tally.settle();
            }
            tally.settle();
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private final class Sending implements ImageSource.Visitor {
        private final Deliveries deliveries;
        private final Tally tally;

        Sending(Deliveries deliveries, Tally tally) {
            this.deliveries = deliveries;
            this.tally = tally;
        }

        @Override
        public void candidate(Origin origin, InputStream content) throws InterruptedException {
            byte[] bytes;
            try {
                bytes = content.readNBytes(maxImageBytes + 1);
            } catch (IOException e) {
                refused(Unreadable.of(origin, e));
                return;
            }
            Optional<String> type = ImageFormat.detect(bytes).map(ImageFormat::mediaType);
            if (type.isEmpty() && options.unrecognised() == Unrecognised.REFUSE) {
                refused(new Refusal(origin, Reason.NOT_AN_IMAGE, ArchiveType.describe(bytes)));
            } else if (bytes.length > maxImageBytes) {
                refused(
                        new Refusal(
                                origin,
                                Reason.TOO_LARGE,
                                "larger than ingest.maxImageBytes, " + options.maxImageBytes()));
            } else {
                send(origin, type.orElse(UNRECOGNISED), bytes);
            }
        }

        private void send(Origin origin, String type, byte[] bytes) throws InterruptedException {
            ImageRecord image = ImageRecords.of(origin.uri(), type, bytes, options.attributes());
            if (!sentBefore.add(image.getImageId())) {
                tally.sentBefore();
                return;
            }
            Callback delivery = deliveries.begin(origin, bytes.length);
            try {
                producer.send(image, delivery);
            } catch (InterruptedException e) {
                deliveries.cancel();
                throw e;
            }
            tally.settle();
        }

        @Override
        public void refused(Refusal refusal) {
            tally.refused(refusal);
        }

        @Override
        public void hidden() {
            tally.hidden();
        }

        @Override
        public void idle() throws InterruptedException {
            deliveries.await(Duration.ZERO);
            tally.settle();
        }

        @Override
        public List<String> tableColumns() {
            return options.tableColumns();
        }

        @Override
        public void consumed(long inputBytes) {
            tally.consumed(inputBytes);
        }
    }
}
