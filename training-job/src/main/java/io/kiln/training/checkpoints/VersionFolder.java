package io.kiln.training.checkpoints;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The folder of a version's files, below the folder of its model and run. A failed attempt may
 * leave a folder of the same version with another step.
 *
 * @param version of the checkpoint
 * @param step that its weights have seen
 */
record VersionFolder(long version, long step) {
    private static final Pattern NAME = Pattern.compile("v(\\d{6,18})-step(\\d{9,18})");

    /** Name of the folder. */
    String name() {
        return String.format(Locale.ROOT, "v%06d-step%09d", version, step);
    }

    /** Reads a folder's name; empty if it is not that of a version. */
    static Optional<VersionFolder> parse(String name) {
        Matcher matcher = NAME.matcher(name);
        return matcher.matches()
                ? Optional.of(
                        new VersionFolder(
                                Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2))))
                : Optional.empty();
    }
}
