package io.kiln.model.torch;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether this processor computes in bfloat16 itself. */
public final class Bf16Support {
    private static final Logger LOG = LoggerFactory.getLogger(Bf16Support.class);
    private static final Set<String> FLAGS = Set.of("amx_bf16", "avx512_bf16");

    private Bf16Support() {}

    /** Whether the processor has bf16 arithmetic; false if that cannot be read. */
    static boolean present() {
        try {
            return in(Processor.read().lines());
        } catch (IOException e) {
            return false;
        }
    }

    /** Warns where bfloat16 on the processor would be slower than float32. */
    public static void warnIfMissing(String device) {
        if (!device.equals("cpu")) {
            return;
        }
        try {
            if (!in(Processor.read().lines())) {
                LOG.warn(
                        "training.precision is bf16, but this processor has neither amx_bf16 nor"
                                + " avx512_bf16: steps will be slower than with fp32");
            }
        } catch (IOException e) {
            LOG.warn(
                    "training.precision is bf16; whether this processor has bf16 arithmetic is not"
                            + " known ({})",
                    e.toString());
        }
    }

    /**
     * Looks for the flags.
     *
     * @param lines as in Linux's /proc/cpuinfo
     */
    public static boolean in(List<String> lines) {
        Processor processor = new Processor(lines);
        return FLAGS.stream().anyMatch(flag -> processor.has("flags", flag));
    }
}
