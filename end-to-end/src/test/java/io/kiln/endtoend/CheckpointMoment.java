package io.kiln.endtoend;

import io.kiln.local.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Freezes a trainer at a chosen moment of its checkpoint. Polls the folders at short intervals,
 * freezes the process when the moment seems to have come, checks again, and thaws the process if
 * the moment has passed.
 */
final class CheckpointMoment {
    private static final Duration TIMEOUT = Patience.ofSeconds(90);
    private static final long POLL_INTERVAL_NANOS = 200_000;

    private CheckpointMoment() {}

    /**
     * Freezes while a file of the next version is incomplete.
     *
     * @param artifacts folder of the run
     */
    static void whileWritingFiles(ManagedProcess trainer, Path artifacts) {
        freezeWhen(
                trainer,
                () -> newest(artifacts).filter(CheckpointMoment::isIncomplete),
                CheckpointMoment::isIncomplete);
    }

    /**
     * Freezes when all files of a version exist and its event is not visible yet.
     *
     * @param isUnannounced whether the version of a folder has not been announced
     */
    static void betweenFilesAndCommit(
            ManagedProcess trainer, Path artifacts, Predicate<Path> isUnannounced) {
        Optional<Path> known = newest(artifacts);
        freezeWhen(
                trainer,
                () ->
                        newest(artifacts)
                                .filter(folder -> !Optional.of(folder).equals(known))
                                .filter(CheckpointMoment::isComplete),
                isUnannounced);
    }

    /**
     * Freezes when Flink's checkpoint is complete and Kafka's transaction is not committed.
     *
     * @param checkpoints folder of the job
     * @param isUnannounced whether no visible event belongs to the checkpoint of a folder
     * @return the checkpoint's folder
     */
    static Path betweenCommitAndNotification(
            ManagedProcess trainer, Path checkpoints, Predicate<Path> isUnannounced) {
        Optional<Path> known = newest(checkpoints);
        return freezeWhen(
                trainer,
                () ->
                        newest(checkpoints)
                                .filter(folder -> !Optional.of(folder).equals(known))
                                .filter(folder -> Files.exists(folder.resolve("_metadata"))),
                isUnannounced);
    }

    /**
     * Freezes when what a trainer has changed in a round is written, and not announced yet.
     *
     * @param updates folder of the run's changes
     * @param index number of the trainer, from 0
     * @param isUnannounced whether no record announces a file
     */
    static void betweenChangeAndAnnouncement(
            ManagedProcess trainer, Path updates, int index, Predicate<Path> isUnannounced) {
        Optional<Path> known = newestChange(updates, index);
        freezeWhen(
                trainer,
                () -> newestChange(updates, index).filter(file -> !Optional.of(file).equals(known)),
                isUnannounced);
    }

    /** What a trainer has changed in the round with the highest number, if that is written. */
    private static Optional<Path> newestChange(Path updates, int index) {
        String start = String.format(Locale.ROOT, "t%03d-", index);
        return newest(updates)
                .flatMap(
                        round -> {
                            try (Stream<Path> files = Files.list(round)) {
                                return files.filter(
                                                f -> f.getFileName().toString().startsWith(start))
                                        .findFirst();
                            } catch (IOException e) {
                                return Optional.empty(); // swept
                            }
                        });
    }

    private interface Probe {
        Optional<Path> found();
    }

    private static Path freezeWhen(ManagedProcess trainer, Probe probe, Predicate<Path> holds) {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        Optional<Path> missed = Optional.empty();
        while (System.nanoTime() < deadline) {
            Optional<Path> seen = probe.found();
            if (seen.isPresent() && !seen.equals(missed)) {
                Signals.freeze(trainer);
                if (holds.test(seen.get())) {
                    return seen.get();
                }
                Signals.thaw(trainer);
                missed = seen;
            }
            LockSupport.parkNanos(POLL_INTERVAL_NANOS);
        }
        throw new AssertionError("the moment to freeze did not come within " + TIMEOUT);
    }

    private static boolean isIncomplete(Path version) {
        try (Stream<Path> files = Files.list(version)) {
            return files.anyMatch(file -> file.toString().endsWith(".part"));
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isComplete(Path version) {
        return Files.exists(version.resolve("reconstructions.png"));
    }

    /** The folder with the highest number: v000012-step…, chk-12 or r000000012. */
    private static Optional<Path> newest(Path folder) {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> found = Files.list(folder)) {
            return found.filter(f -> f.getFileName().toString().matches("(v|chk-|r)\\d.*"))
                    .max(Comparator.comparingLong(CheckpointMoment::number));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The last complete checkpoint of a job. */
    static Path lastComplete(Path checkpoints) {
        try (Stream<Path> found = Files.list(checkpoints)) {
            return found.filter(f -> Files.exists(f.resolve("_metadata")))
                    .max(Comparator.comparingLong(CheckpointMoment::number))
                    .orElseThrow(() -> new AssertionError(checkpoints + " holds no checkpoint"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first number in a folder's name: the version, or Flink's id of the checkpoint. */
    static long number(Path folder) {
        return Long.parseLong(
                folder.getFileName()
                        .toString()
                        .replaceFirst("^\\D+", "")
                        .replaceFirst("\\D.*$", ""));
    }
}
