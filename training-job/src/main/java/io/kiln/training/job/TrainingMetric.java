package io.kiln.training.job;

import io.kiln.kafka.JobMetric;

/** The metrics of the training job, in the group "training". */
public enum TrainingMetric implements JobMetric {
    STEP("step", Kind.GAUGE, "optimiser steps taken"),
    SAMPLES_SEEN("samplesSeen", Kind.GAUGE, "images trained on since the run began"),
    LOSS("loss", Kind.GAUGE, "loss of the last step"),
    SMOOTHED_LOSS(
            "smoothedLoss",
            Kind.GAUGE,
            "mean loss of about the last 100 steps since the job started, older ones counting less"),
    LEARNING_RATE("learningRate", Kind.GAUGE, "learning rate of the last step"),
    GRADIENT_NORM("gradientNorm", Kind.GAUGE, "L2 norm of the last gradient before clipping"),
    IMAGES_PER_SECOND(
            "imagesPerSecond", Kind.GAUGE, "images per second of the last step, waiting included"),
    WAIT_SHARE(
            "waitShare",
            Kind.GAUGE,
            "share of the last step's time spent waiting for data, 0 to 1"),
    TRAINED_STEPS("trainedSteps", Kind.COUNTER, "optimiser steps since the job started"),
    TRAINED_IMAGES("trainedImages", Kind.COUNTER, "images trained on since the job started"),
    STEP_NANOS(
            "stepNanos",
            Kind.COUNTER,
            "time spent on steps, in nanoseconds; the rest of the time the trainer waits or writes"),
    PHASE_NANOS(
            "phaseNanos",
            Kind.COUNTER,
            "stepNanos by phase of a step; one counter per phase, in the subgroup phase. A GPU"
                    + " works asynchronously, and the phase optimiser waits for all of its work"),
    LAST_STEP_TIME(
            "lastStepTime",
            Kind.GAUGE,
            "when the last step ended, in seconds since 1970; 0 before the first since the job"
                    + " started"),
    ANNEALING_STEPS(
            "annealingSteps",
            Kind.COUNTER,
            "steps of annealing branches since the job started, each beside an optimiser step; stepNanos"
                    + " counts their time, phaseNanos does not"),
    ANNEALING_LOSS(
            "annealingLoss",
            Kind.GAUGE,
            "loss of the last step of an annealing branch; of the same batch as the loss of the step"
                    + " beside it"),
    SKIPPED_BATCHES(
            "skippedBatches",
            Kind.COUNTER,
            "batches skipped because loss or gradient was not finite"),
    SKIPPED_IN_A_ROW(
            "skippedInARow",
            Kind.GAUGE,
            "batches skipped in a row, up to the last one; the job fails at"
                    + " training.maxSkippedInARow"),
    WITHHELD_VERSIONS(
            "withheldVersions",
            Kind.COUNTER,
            "versions that were due but not published, because the state was not finite or the loss"
                    + " was above checkpoints.maxLoss"),
    FOREIGN_BATCHES(
            "foreignBatches",
            Kind.COUNTER,
            "records of sparse-batches skipped because they are not batches"),
    WAITING_BATCHES(
            "waitingBatches",
            Kind.GAUGE,
            "batches held back until the partition whose turn it is delivers one"),
    QUIET_BATCHES(
            "quietBatches",
            Kind.GAUGE,
            "batches that may stay untrained while no more come, since partitions of sparse-batches"
                    + " take turns; of all trainers together"),
    WAITS_FOR_PARTITION(
            "waitsForPartition", Kind.GAUGE, "partition of sparse-batches whose turn it is"),
    CHECKPOINT_VERSION("checkpointVersion", Kind.GAUGE, "version of the last checkpoint event"),
    LAST_EVENT_TIME(
            "lastEventTime",
            Kind.GAUGE,
            "when the files of the last checkpoint event were written, in seconds since 1970; 0"
                    + " before the first since the job started"),
    STEPS_SINCE_EVENT("stepsSinceEvent", Kind.GAUGE, "optimiser steps since the last event"),
    STEPS_BETWEEN_EVENTS(
            "stepsBetweenEvents",
            Kind.GAUGE,
            "optimiser steps from one event to the next: checkpoints.everySteps, rounded up"
                    + " to whole rounds if there are several trainers"),
    EVENT_SECONDS(
            "eventSeconds",
            Kind.GAUGE,
            "seconds that training paused to write the files of the last event"),
    STATE_BYTES("stateBytes", Kind.GAUGE, "size of the last copy of the training state, in bytes"),
    STATE_COPY_SECONDS(
            "stateCopySeconds", Kind.GAUGE, "seconds that training paused for this copy"),
    STATE_WRITE_SECONDS(
            "stateWriteSeconds",
            Kind.GAUGE,
            "seconds that writing this copy took, in parallel to training"),
    START_SECONDS(
            "startSeconds",
            Kind.GAUGE,
            "seconds that building the network and loading its state took"),
    RESIDENT_BYTES(
            "residentBytes",
            Kind.GAUGE,
            "memory of the task manager's process in bytes, libtorch's included (Linux)"),
    DEVICE_USED_BYTES(
            "deviceUsedBytes",
            Kind.GAUGE,
            "GPU memory in use by all processes, in bytes; absent on a CPU, and where nvidia-smi"
                    + " does not report it"),
    DEVICE_BYTES("deviceBytes", Kind.GAUGE, "total GPU memory in bytes; absent in the same cases"),
    DISK_FREE_BYTES(
            "diskFreeBytes",
            Kind.GAUGE,
            "free bytes on the disk of a folder; one gauge per folder, artifacts and checkpoints,"
                    + " in the subgroup folder"),
    DISK_BYTES("diskBytes", Kind.GAUGE, "size of that disk in bytes, in the same subgroup");

    /** Name of the group of all metrics of the job. */
    public static final String GROUP = "training";

    private final String key;
    private final Kind kind;
    private final String about;

    TrainingMetric(String key, Kind kind, String about) {
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
