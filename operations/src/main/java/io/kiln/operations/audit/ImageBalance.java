package io.kiln.operations.audit;

/**
 * The totals of an {@link ImageLedger}.
 *
 * @param held number of records in the topic
 * @param views number of their views in batches
 * @param heldOut number of them held out of training
 * @param deadLetters number of them among the dead letters
 * @param pending number of them not in all their batches yet
 * @param deletedViews number of views that only batches deleted by retention can have held
 * @param deletedEarly number of views that only batches deleted before the retention time can have
 *     held
 */
record ImageBalance(
        long held,
        long views,
        long heldOut,
        long deadLetters,
        long pending,
        long deletedViews,
        long deletedEarly) {
    ImageBalance plus(ImageBalance other) {
        return new ImageBalance(
                held + other.held,
                views + other.views,
                heldOut + other.heldOut,
                deadLetters + other.deadLetters,
                pending + other.pending,
                deletedViews + other.deletedViews,
                deletedEarly + other.deletedEarly);
    }

    ImageBalance withoutDeletedEarly() {
        return new ImageBalance(held, views, heldOut, deadLetters, pending, deletedViews, 0);
    }
}
