package io.kiln.training.checkpoints;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The folder of a version's files, below that of its model and run. An attempt that failed may have
 * left one of the same version and another step.
 *
 * @param version of the checkpoint
 * @param step that its weights have seen
 */
record VersionFolder(long version, long step) {
    private static final Pattern NAME = Pattern.compile("v(\\d{6,18})-step(\\d{9,18})");

    /** As it is called. */
    String name() {
        return String.format(Locale.ROOT, "v%06d-step%09d", version, step);
    }

    /** What a folder's name says; empty if it is not of a version. */
    static Optional<VersionFolder> parse(String name) {
        Matcher matcher = NAME.matcher(name);
        return matcher.matches()
                ? Optional.of(
                        new VersionFolder(
                                Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2))))
                : Optional.empty();
    }
}
