package io.kiln.encoder;

/** What is said of a version that cannot be had. */
final class Problems {
    private Problems() {}

    /** An exception's message. An error's often is a mere name, which says nothing by itself. */
    static String text(Throwable problem) {
        String message = problem.getMessage();
        return message == null || problem instanceof Error ? problem.toString() : message;
    }
}
