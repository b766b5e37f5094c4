package io.kiln.training.rounds;

import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.schemas.Update;
import io.kiln.schemas.Updates;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The changes that a trainer knows of: those of its round and of later ones, which others have
 * announced before a failure, and of a few rounds before. Part of the trainer's state.
 */
final class Announcements {
    /** Rounds that are remembered, to notice a change that is announced again as another one. */
    private static final long REMEMBERED = 8;

    private final int trainers;
    private final TreeMap<Long, TreeMap<Integer, Update>> rounds = new TreeMap<>();

    /**
     * @param trainers of the run
     */
    Announcements(int trainers) {
        this.trainers = trainers;
    }

    /**
     * Adds a change. The same again is no news.
     *
     * @throws NonRecoverableJobException if it is not the one that was announced before
     */
    void add(Update update) {
        Update before =
                rounds.computeIfAbsent(update.getRound(), r -> new TreeMap<>())
                        .putIfAbsent(update.getTrainer(), update);
        if (before != null) {
            requireSame(before, update.getSha256());
        }
    }

    /**
     * Requires that a change is the one that was announced.
     *
     * @param sha256 of the change
     * @throws NonRecoverableJobException if it is not
     */
    static void requireSame(Update announced, String sha256) {
        if (!announced.getSha256().equals(sha256)) {
            throw new NonRecoverableJobException(
                    "trainer "
                            + announced.getTrainer()
                            + " of run "
                            + announced.getRunId()
                            + " has changed something else in round "
                            + announced.getRound()
                            + " than was announced: SHA-256 "
                            + sha256
                            + ", announced "
                            + announced.getSha256()
                            + ". The same batches gave other weights, on another kind of processor, device or with"
                            + " another number of threads (training.threads), or another program has written to"
                            + " topics.updates. Go on from a savepoint on the machines that it was trained on, or start"
                            + " another run (training.runId)");
        }
    }

    /** What a trainer has changed in a round; null if it is not known. */
    @Nullable Update of(long round, int trainer) {
        Map<Integer, Update> known = rounds.get(round);
        return known == null ? null : known.get(trainer);
    }

    /** What each has changed in a round, in the order of the trainers; empty if one is missing. */
    List<Update> all(long round) {
        Map<Integer, Update> known = rounds.get(round);
        return known == null || known.size() < trainers ? List.of() : List.copyOf(known.values());
    }

    /** The trainers whose change in a round is not known. */
    List<Integer> missing(long round) {
        return IntStream.range(0, trainers)
                .filter(trainer -> of(round, trainer) == null)
                .boxed()
                .toList();
    }

    /** A round begins: those long before it are forgotten. */
    void begin(long round) {
        rounds.headMap(round - REMEMBERED).clear();
    }

    void write(DataOutputStream out) throws IOException {
        out.writeInt(rounds.values().stream().mapToInt(Map::size).sum());
        for (Map<Integer, Update> round : rounds.values()) {
            for (Update update : round.values()) {
                byte[] bytes = Updates.toBytes(update);
                out.writeInt(bytes.length);
                out.write(bytes);
            }
        }
    }

    void read(DataInputStream in) throws IOException {
        for (int left = in.readInt(); left > 0; left--) {
            add(Updates.fromBytes(in.readNBytes(in.readInt())));
        }
    }
}
