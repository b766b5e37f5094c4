package io.kiln.schemas;

import org.apache.avro.util.ClassSecurityValidator;
import org.apache.avro.util.ClassSecurityValidator.ClassSecurityPredicate;

/**
 * Lets Avro instantiate Kiln's records. Avro 1.12.2 refuses every generated class that is not
 * declared trusted; this declares the package of the records, in addition to what is trusted
 * already, once a class loader.
 */
final class TrustedRecords {
    private static final String PACKAGE = TrustedRecords.class.getPackageName();

    static {
        ClassSecurityPredicate others = ClassSecurityValidator.getGlobal();
        ClassSecurityPredicate own = type -> type.getPackageName().equals(PACKAGE);
        ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(others, own));
    }

    private TrustedRecords() {}

    /**
     * Called from static initialisers of whatever reads or writes records; the work is done by
     * loading this class.
     */
    static void declare() {}
}
