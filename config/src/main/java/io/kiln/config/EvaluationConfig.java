package io.kiln.config;

import java.io.Serializable;

/** Which images are held out of training, and how versions are evaluated on them. */
public record EvaluationConfig(
        @Key(
                        about =
                                "share of the images, chosen by their ids, that go to topics.holdout and are never trained on; 0 holds out none",
                        fallback = "0.0",
                        min = 0,
                        max = 0.99)
                double holdoutShare,
        @Key(
                        about = "number of anchors, a uniform sample of all images held out so far",
                        fallback = "256",
                        min = 2,
                        max = 100000)
                int anchors,
        @Key(
                        about = "number of recent images, the newest of those held out",
                        fallback = "256",
                        min = 2,
                        max = 100000)
                int recent,
        @Key(
                        about =
                                "number of held-out images in an era; each version gets a holdout loss for each era; doubled whenever there are more than 16 eras; 0 for no eras",
                        fallback = "0",
                        min = 0,
                        max = 1e9)
                int eraImages,
        @Key(about = "device that the evaluation job runs on: cpu, gpu or gpu:N", fallback = "cpu")
                String device,
        @Key(
                        about =
                                "folder with one folder of pictures per class, with which the evaluation job probes each version: an absolute path on the machine of its task manager; empty for no probe")
                String probe,
        CompatibilityConfig compatibility,
        DriftConfig drift,
        @Key(
                        about =
                                "whether the evaluation job promotes versions: never, or when-not-worse (than the version promoted last, within evaluation.margins)",
                        fallback = "never")
                Promote promote,
        MarginsConfig margins)
        implements Serializable {
    /** Which versions the evaluation job promotes. */
    public enum Promote {
        /** None; people do. */
        NEVER,
        /** Those that are not worse than the version promoted last. */
        WHEN_NOT_WORSE
    }

    public EvaluationConfig {
        if (!device.matches("cpu|gpu(:\\d{1,3})?")) {
            throw new IllegalArgumentException(
                    "device: \"" + device + "\" is not allowed; expected cpu, gpu or gpu:N");
        }
        if (!probe.isEmpty() && !probe.startsWith("/")) {
            throw new IllegalArgumentException(
                    "probe: \""
                            + probe
                            + "\" is not allowed; expected an absolute path, such as /data/probe");
        }
    }

    /** Whether the evaluation job promotes versions. */
    public boolean promotes() {
        return promote == Promote.WHEN_NOT_WORSE;
    }

    /** Whether any images are held out. */
    public boolean holdsOut() {
        return holdoutShare > 0;
    }
}
