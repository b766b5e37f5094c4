package io.kiln.kafka;

import java.io.Serializable;
import java.util.OptionalLong;

/** Decides whether a subtask of an {@link ExactlyOnceSink} may write. */
public interface SinkGuard extends Serializable, AutoCloseable {
    /**
     * Comes before the sink is initialised, which aborts transactions that earlier writers left
     * open, even those of a writer that is alive. Called for the committer and for the writer.
     *
     * @param restoredCheckpoint id of the checkpoint that the job goes on from; empty at a start
     *     without state
     * @param subtask of the sink, from 0
     */
    void opening(OptionalLong restoredCheckpoint, int subtask);

    /** Comes before a transaction is handed over to a checkpoint. */
    void committing();

    /** What is written from now on comes after this checkpoint. */
    void snapshotted(long checkpoint);

    @Override
    void close();
}
