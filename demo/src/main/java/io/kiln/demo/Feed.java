package io.kiln.demo;

import io.kiln.config.KilnConfig;
import io.kiln.ingest.ImageProducer;
import io.kiln.ingest.ImageSource;
import io.kiln.ingest.Ingest;
import io.kiln.ingest.IngestListener;
import io.kiln.ingest.IngestOptions;
import io.kiln.ingest.IngestOptions.Unrecognised;
import io.kiln.ingest.IngestProgress;
import io.kiln.ingest.Origin;
import io.kiln.ingest.Refusal;
import io.kiln.ingest.Refusal.Reason;
import io.kiln.operations.OperationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A stream of images that does not end: rounds over one source, each image a new record each time,
 * as far ahead of the trainer as {@link Pace} allows. What turns out to be broken is sent once: an
 * image is sent again only when what became of it in the first round is known.
 */
final class Feed implements Runnable, PacedSource.Gate {
    private static final Duration WAKE = Duration.ofSeconds(1);

    private final KilnConfig config;
    private final ImageSource source;
    private final String name;
    private final RunRecord record;
    private final Pace pace;
    private final List<Refusal> refusals = new ArrayList<>();
    private final Set<String> refusedOrigins = new HashSet<>();
    private long sent;
    private long sentInFirstRound = Long.MAX_VALUE;
    private long shownInRound;
    private long admittedInRound;
    private boolean passing;

    /**
     * @param source the images of one round
     * @param name of the source, as the user knows it
     */
    Feed(KilnConfig config, ImageSource source, String name, RunRecord record, Pace pace) {
        this.config = config;
        this.source = source;
        this.name = name;
        this.record = record;
        this.pace = pace;
    }

    /**
     * Sends until the thread is interrupted.
     *
     * @throws OperationException if none of the images can be used
     */
    @Override
    public void run() {
        try (ImageProducer producer = ImageProducer.open(config)) {
            IngestOptions options =
                    IngestOptions.of(config.ingest()).withUnrecognised(Unrecognised.SEND);
            Ingest ingest = new Ingest(producer, options);
            round(ingest);
            sentInFirstRound = sent();
            while (!Thread.currentThread().isInterrupted()) {
                if (admittedInRound == 0) {
                    throw nothingUsable();
                }
                round(ingest);
            }
        }
    }

    private void round(Ingest ingest) {
        shownInRound = 0;
        admittedInRound = 0;
        ingest.run(List.of(new PacedSource(source, this)), new Listener());
    }

    private OperationException nothingUsable() {
        long dead = record.counts().deadLetters();
        List<Refusal> refused = refusals();
        String reasons =
                dead > 0
                        ? "all "
                                + dead
                                + " are dead letters, the first because: "
                                + record.firstDeath()
                        : refused.isEmpty()
                                ? "it holds no files"
                                : "the first is " + refused.get(0);
        return new OperationException("no image of " + name + " can be used: " + reasons);
    }

    @Override
    public boolean admit(Origin origin) throws InterruptedException {
        long shownBefore = shownInRound++;
        await(counts -> pace.settled(counts) >= fateKnown(shownBefore));
        if (record.isDead(origin.uri()) || isRefused(origin)) {
            return false;
        }
        await(counts -> pace.allows(sent(), counts));
        synchronized (this) {
            sent++;
            passing = true;
        }
        admittedInRound++;
        return true;
    }

    /**
     * How many images must be settled before it is known what became of the one at this place in
     * the first round: it, and the batch it is in.
     */
    private long fateKnown(long place) {
        boolean firstRound = sentInFirstRound == Long.MAX_VALUE;
        return firstRound ? 0 : Math.min(place + config.masking().batchSize(), sentInFirstRound);
    }

    private void await(Predicate<RunRecord.Counts> condition) throws InterruptedException {
        while (!record.await(condition, WAKE)) {
            // What is sent changes beside what is seen: look again now and then.
        }
    }

    @Override
    public synchronized void passed(boolean taken) {
        passing = false;
        if (!taken) {
            sent--;
        }
    }

    private synchronized boolean isRefused(Origin origin) {
        return refusedOrigins.contains(origin.uri());
    }

    /** Images sent so far. */
    synchronized long sent() {
        return sent;
    }

    /** What ingest itself would not send, each once. */
    synchronized List<Refusal> refusals() {
        return List.copyOf(refusals);
    }

    private synchronized void refused(Refusal refusal) {
        if (passing || refusal.reason() == Reason.REFUSED_BY_BROKER) {
            sent--; // it was admitted first
        }
        if (refusedOrigins.add(refusal.origin().uri())) {
            refusals.add(refusal);
        }
    }

    private final class Listener implements IngestListener {
        @Override
        public void progress(IngestProgress progress) {
            // Admissions say the same, and earlier.
        }

        @Override
        public void refused(Refusal refusal) {
            Feed.this.refused(refusal);
        }
    }
}
