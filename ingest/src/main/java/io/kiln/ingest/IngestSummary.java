package io.kiln.ingest;

import java.util.List;
import java.util.Map;

/**
 * What a run of {@link Ingest} did.
 *
 * @param sent images that the broker has stored
 * @param bytes of these images
 * @param refused what was not sent, by reason
 * @param hidden files and folders passed over because their names begin with a dot
 * @param sentBefore images passed over because this named run had sent them before
 * @param unconfirmed images on their way of which nothing was heard, because the run was
 *     interrupted a second time while it waited for them
 * @param interrupted whether the run was stopped before the end of its sources
 * @param seconds it took
 */
public record IngestSummary(
        long sent,
        long bytes,
        Map<Refusal.Reason, Refused> refused,
        long hidden,
        long sentBefore,
        long unconfirmed,
        boolean interrupted,
        double seconds) {
    /** How many of the refused are named. */
    public static final int NAMED = 5;

    public IngestSummary {
        refused = Map.copyOf(refused);
    }

    /**
     * Files refused for one reason.
     *
     * @param count of all of them
     * @param first names of the first {@value IngestSummary#NAMED}, with details
     */
    public record Refused(long count, List<String> first) {
        public Refused {
            first = List.copyOf(first);
        }
    }

    /** Files refused for any reason. */
    public long refusedCount() {
        return refused.values().stream().mapToLong(Refused::count).sum();
    }

    /** Whether the sources held nothing at all that might have been an image. */
    public boolean foundNothing() {
        return sent == 0 && sentBefore == 0 && unconfirmed == 0 && refused.isEmpty();
    }
}
