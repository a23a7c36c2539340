/** A rate limit that lets everything through: what is measured is the Worker. */
export default () => ({ limit: async () => ({ success: true }) })
