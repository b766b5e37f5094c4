package io.kiln.training.job;

import io.kiln.kafka.JobMetric;

/** The metrics of the rounds of several trainers, in the group "training" of each trainer. */
public enum RoundMetric implements JobMetric {
    ROUND("round", Kind.GAUGE, "rounds that the trainer has finished"),
    PENDING_RECORDS(
            "pendingRecords",
            Kind.GAUGE,
            "records of its partitions of sparse-batches that the trainer has not taken yet"),
    WAITING_SINCE(
            "waitingSince",
            Kind.GAUGE,
            "when the trainer began to wait for the changes of others, in seconds since 1970; 0 if"
                    + " it is not waiting"),
    WAITS_FOR_TRAINER(
            "waitsForTrainer",
            Kind.GAUGE,
            "number of the first trainer whose change it waits for; -1 if it waits for none"),
    WAIT_NANOS(
            "waitNanos",
            Kind.COUNTER,
            "time that the trainer has waited for the changes of others, in nanoseconds"),
    FINISH_SECONDS(
            "finishSeconds",
            Kind.GAUGE,
            "seconds that its subtask took to read and sum the changes of the last round"),
    WRITTEN_BYTES("writtenBytes", Kind.COUNTER, "bytes of changes that the trainer has announced"),
    READ_BYTES(
            "readBytes",
            Kind.COUNTER,
            "bytes of changes that its subtask has read; counted once per subtask, at its first"
                    + " trainer");

    private final String key;
    private final Kind kind;
    private final String about;

    RoundMetric(String key, Kind kind, String about) {
        this.key = key;
        this.kind = kind;
        this.about = about;
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public Kind kind() {
        return kind;
    }

    @Override
    public String about() {
        return about;
    }
}
