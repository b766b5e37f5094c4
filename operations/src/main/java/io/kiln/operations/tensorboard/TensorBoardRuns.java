package io.kiln.operations.tensorboard;

import io.kiln.operations.report.RunHistory;
import io.kiln.operations.report.RunScalars;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;

/** Writes runs as TensorBoard reads them: a folder a run, with one file of events. */
public final class TensorBoardRuns {
    /** A name that does not change, so that writing again replaces a run. */
    private static final String NAME = "events.out.tfevents.0.kiln";

    private TensorBoardRuns() {}

    /**
     * Writes a run into the folder {@code model/run} below another.
     *
     * @param logs what {@code tensorboard --logdir} is given
     * @return the file
     * @throws IOException if it cannot be written
     */
    public static Path write(Path logs, RunHistory run) throws IOException {
        Path folder = logs.resolve(run.name().model()).resolve(run.name().run());
        Files.createDirectories(folder);
        Path file = folder.resolve(NAME);
        Path partial = folder.resolve(".part"); // TensorBoard reads files with tfevents in the name
        Instant begin = run.steps().isEmpty() ? Instant.EPOCH : run.steps().get(0).time();
        try (EventFile events = new EventFile(partial, begin)) {
            RunScalars.write(run, events::scalar);
        }
        return Files.move(
                partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
