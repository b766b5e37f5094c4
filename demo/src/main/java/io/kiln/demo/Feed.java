package io.kiln.demo;

import io.kiln.config.KilnConfig;
import io.kiln.ingest.ImageProducer;
import io.kiln.ingest.ImageSource;
import io.kiln.ingest.Ingest;
import io.kiln.ingest.IngestOptions;
import io.kiln.ingest.IngestOptions.Unrecognised;
import io.kiln.ingest.Refusal;
import io.kiln.masking.sampling.Holdout;
import io.kiln.operations.OperationException;
import java.util.List;

/**
 * An endless stream of images: repeats one source, and sends each image as a new record in each
 * round. {@link Admission} limits the pace and leaves out unusable images.
 */
final class Feed implements Runnable {
    private final KilnConfig config;
    private final ImageSource source;
    private final String name;
    private final RunRecord record;
    private final Admission admission;

    /**
     * @param source the images of one round
     * @param name name of the source for messages
     * @param earlier what was sent before the demo was interrupted
     */
    Feed(
            KilnConfig config,
            ImageSource source,
            String name,
            RunRecord record,
            SendWindow window,
            SentEarlier earlier) {
        this.config = config;
        this.source = source;
        this.name = name;
        this.record = record;
        this.admission = new Admission(window, config.masking().batchSize(), record, earlier);
    }

    /**
     * Sends until the thread is interrupted.
     *
     * @throws OperationException if none of the images can be used, or all are held out
     */
    @Override
    public void run() {
        try (ImageProducer producer = ImageProducer.open(config)) {
            IngestOptions options =
                    IngestOptions.of(config.ingest()).withUnrecognised(Unrecognised.SEND);
            Ingest ingest = new Ingest(producer, options);
            Holdout holdout = Holdout.of(config);
            admission.awaitEarlier();
            while (!Thread.currentThread().isInterrupted()) {
                ingest.run(List.of(new GatedSource(source, admission, holdout)), admission);
                if (admission.heldOutAll()) {
                    throw allHeldOut();
                }
                if (!admission.admittedAny() && !Thread.currentThread().isInterrupted()) {
                    throw nothingUsable();
                }
                admission.endRound();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private OperationException allHeldOut() {
        return new OperationException(
                "all usable images of "
                        + name
                        + " are held out by evaluation.holdoutShare, "
                        + config.evaluation().holdoutShare()
                        + ", so none is left to train on; expected more images, or --set"
                        + " evaluation.holdoutShare=0");
    }

    private OperationException nothingUsable() {
        long dead = record.counts().deadLetters();
        List<Refusal> refused = refusals();
        String reasons;
        if (dead > 0) {
            reasons = "all " + dead + " are dead letters; the first is " + record.firstDeadLetter();
        } else if (refused.isEmpty()) {
            reasons = "it holds no files";
        } else {
            reasons = "the first is " + refused.get(0);
        }
        return new OperationException("no image of " + name + " can be used: " + reasons);
    }

    /** The number of images sent so far. */
    long sent() {
        return admission.sent();
    }

    /** The number of images sent so far that are held out of training. */
    long heldOut() {
        return admission.heldOut();
    }

    /** The images that ingest refused, each once. */
    List<Refusal> refusals() {
        return admission.refusals();
    }
}
