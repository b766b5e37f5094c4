package io.kiln.demo;

import io.kiln.demo.RunRecord.Counts;
import io.kiln.ingest.IngestListener;
import io.kiln.ingest.IngestProgress;
import io.kiln.ingest.Origin;
import io.kiln.ingest.Refusal;
import io.kiln.ingest.Refusal.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Decides which images the feed sends, and when: as far ahead of the trainer as a {@link
 * SendWindow} allows, and again only if the image was usable in the first round. One thread sends;
 * others may ask for the counts, and Kafka's own thread reports refusals.
 */
final class Admission implements GatedSource.Gate, IngestListener {
    private static final Duration POLL_INTERVAL = Duration.ofSeconds(1);

    private final SendWindow window;
    private final int batchSize;
    private final RunRecord record;
    private final SentEarlier earlier;
    private final List<Refusal> refusals = new ArrayList<>();
    private final Set<String> refusedOrigins = new HashSet<>();
    private final Set<String> heldOutOrigins = new HashSet<>();
    private long sent;
    private long heldOut;
    private long sentInFirstRound = Long.MAX_VALUE;
    private long seenInRound;
    private long admittedInRound;
    private long heldOutInRound;
    private boolean processing;

    /** Source of the image behind which this run begins; empty once it has been passed. */
    private String passOverTo;

    /**
     * @param batchSize images in a batch
     * @param record what became of the images so far
     * @param earlier what was sent of this round before the demo was interrupted
     */
    Admission(SendWindow window, int batchSize, RunRecord record, SentEarlier earlier) {
        this.window = window;
        this.batchSize = batchSize;
        this.record = record;
        this.earlier = earlier;
        this.sent = earlier.images();
        this.admittedInRound = earlier.images();
        this.passOverTo = earlier.last();
    }

    /** Waits until it is known what became of the images that were sent earlier. */
    void awaitEarlier() throws InterruptedException {
        await(counts -> window.settled(counts) >= earlier.images());
        Counts counts = record.counts();
        synchronized (this) {
            heldOut = counts.heldOut() + counts.deadLetters() - counts.lost();
            heldOutInRound = heldOut;
        }
    }

    /** Ends a round over the source. */
    synchronized void endRound() {
        if (isFirstRound()) {
            sentInFirstRound = sent;
        }
        passOverTo = ""; // its file is gone
        seenInRound = 0;
        admittedInRound = 0;
        heldOutInRound = 0;
    }

    private synchronized boolean isFirstRound() {
        return sentInFirstRound == Long.MAX_VALUE;
    }

    /** Whether any image was admitted in this round. */
    synchronized boolean admittedAny() {
        return admittedInRound > 0;
    }

    /** Whether images were admitted in this round, and all of them are held out of training. */
    synchronized boolean heldOutAll() {
        return admittedInRound > 0 && heldOutInRound == admittedInRound;
    }

    @Override
    public boolean admit(Origin origin) throws InterruptedException {
        if (isPassedOver(origin)) {
            return false;
        }
        long settledFirst = settledBefore();
        await(counts -> window.settled(counts) >= settledFirst);
        if (record.isDead(origin.uri()) || isRefused(origin)) {
            return false;
        }
        await(counts -> window.allows(sentToTraining(), counts));
        admitted();
        return true;
    }

    private synchronized boolean isPassedOver(Origin origin) {
        if (passOverTo.isEmpty()) {
            return false;
        }
        if (origin.uri().equals(passOverTo)) {
            passOverTo = "";
        }
        return true;
    }

    /**
     * The number of images that must be settled before the fate of the next image in the first
     * round is known: all before it, and the batch that holds it.
     */
    private synchronized long settledBefore() {
        long place = seenInRound++;
        return isFirstRound()
                ? 0
                : Math.min(earlier.images() + place + batchSize, sentInFirstRound);
    }

    private synchronized void admitted() {
        sent++;
        admittedInRound++;
        processing = true;
    }

    private void await(Predicate<Counts> condition) throws InterruptedException {
        while (!record.await(condition, POLL_INTERVAL)) {
            // The condition also depends on refusals, which the record does not know.
        }
    }

    @Override
    public synchronized void passed(Origin origin, boolean taken, boolean isHeldOut) {
        processing = false;
        if (!taken) {
            sent--;
        } else if (isHeldOut && !isRefused(origin)) {
            heldOut++;
            heldOutInRound++;
            heldOutOrigins.add(origin.uri());
        }
    }

    private synchronized boolean isRefused(Origin origin) {
        return refusedOrigins.contains(origin.uri());
    }

    /** The number of images sent so far. */
    synchronized long sent() {
        return sent;
    }

    /** The number of images sent so far that are held out of training. */
    synchronized long heldOut() {
        return heldOut;
    }

    private synchronized long sentToTraining() {
        return sent - heldOut;
    }

    /** The images that ingest refused, each once. */
    synchronized List<Refusal> refusals() {
        return List.copyOf(refusals);
    }

    @Override
    public void progress(IngestProgress progress) {
        // Admissions are counted here, and earlier.
    }

    @Override
    public synchronized void refused(Refusal refusal) {
        if (processing || refusal.reason() == Reason.REFUSED_BY_BROKER) {
            sent--; // it was admitted first
            heldOut -= heldOutOrigins.remove(refusal.origin().uri()) ? 1 : 0;
        }
        if (refusedOrigins.add(refusal.origin().uri())) {
            refusals.add(refusal);
        }
    }
}
